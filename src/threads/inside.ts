import { parentPort, workerData } from 'node:worker_threads';
import { ownThreadId } from './cpu-meter.js';
import { Note } from './note.js';

/** What a thread says once it can take its first job. */
export interface ThreadReady {
  readonly threadId: number | undefined;
}

/** What it answers to each job. */
export type ThreadAnswer = { readonly value: unknown } | { readonly error: unknown };

/**
 * The main program of a thread that a LimitedThread runs: `handle` does one job after the other. What it throws is a defect.
 */
export function serveJobs(start: (note: Note) => (job: unknown) => unknown): void {
  const port = parentPort;
  if (port === null) throw new Error('this is the program of a worker thread');
  const handle = start(new Note(workerData as SharedArrayBuffer));
  port.on('message', (job: unknown) => {
    port.postMessage(attempt(() => handle(job)));
  });
  port.postMessage({ threadId: ownThreadId() } satisfies ThreadReady);
}

function attempt(work: () => unknown): ThreadAnswer {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
