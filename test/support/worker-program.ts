import { serveJobs } from '../../src/workers/inside.js';

/** What the tests of LimitedProcess have a process do. */
export type TestJob =
  | { readonly do: 'echo'; readonly text: string }
  | { readonly do: 'pid' | 'spin' | 'allocate' | 'recurse' | 'throw' | 'exit' }
  /** Waits without CPU time, as it does when the machine gives it none. */
  | { readonly do: 'wait'; readonly ms: number };

serveJobs((note) => (message) => {
  const job = message as TestJob;
  note(`at ${job.do}`);
  const kept: number[][] = [];
  switch (job.do) {
    case 'echo':
      return job.text;
    case 'pid':
      return process.pid;
    case 'recurse':
      return depth();
    case 'wait':
      return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, job.ms);
    case 'throw':
      throw new Error('thrown on purpose');
    case 'exit':
      return process.exit(3);
    case 'allocate':
      for (;;) kept.push(Array<number>(1000).fill(kept.length + 0.5));
    case 'spin':
      for (;;) kept.length = 0;
  }
});

/** How deep functions may call each other. */
function depth(): number {
  try {
    return depth() + 1;
  } catch {
    return 0;
  }
}
