import { openSync } from 'node:fs';
import { SystemClock } from '../../src/clock/system-clock.js';
import { LimitedProcess } from '../../src/workers/limited-process.js';

/** Gives a worker a job while this process has no file descriptor left, and says what that came to. */

const worker = new LimitedProcess({
  program: new URL('./worker-program.js', import.meta.url),
  clock: new SystemClock(),
  memoryMiB: 64,
  idleMs: 60_000,
});
const limits = { cpuMs: 200, wallMs: 15_000, leftCpuMs: 50 };
const said: string[] = [];
try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  // Now there is none.
}
await worker.run({ do: 'echo', text: 'x' }, limits, new AbortController().signal, (outcome) => {
  said.push(outcome.kind === 'failed' ? String(outcome.error) : outcome.kind);
});
await new Promise(setImmediate);
process.stdout.write(`${said.join()}\n`, () => process.exit(0));
