import { writeSync } from 'node:fs';
import { NOTES_FD } from './launch.js';

/** What a worker answers to each job. */
export type WorkerAnswer = { readonly value: unknown } | { readonly error: unknown };

/** What a worker says once it can take its first job. */
export const READY = 'ready';

/**
 * The main program of a process that a LimitedProcess runs: the handler does one job after the other. What it throws is a defect.
 * @param start makes the handler. `note` says in one line what a job is at: it is read while the worker is too busy to answer,
 * and after it was ended.
 */
export function serveJobs(
  start: (note: (text: string) => void) => (job: unknown) => unknown,
): void {
  const handle = start((text) => void writeSync(NOTES_FD, `${text.replaceAll('\n', ' ')}\n`));
  process.on('message', (job: unknown) => {
    process.send?.(attempt(() => handle(job)));
  });
  // Those of a terminal, or of a service manager, are meant for the daemon. Without it there are no messages, and the process ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  process.send?.(READY);
}

function attempt(work: () => unknown): WorkerAnswer {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
