import { reasonOf } from './faults.js';

/**
 * The result of work that can't be called off, unless the signal aborts first: then the work, still under way, is given
 * to `abandoned`, so that its result can be undone.
 * @throws the signal's reason.
 */
export function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  abandoned: (work: Promise<T>) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => {
      abandoned(work);
      reject(reasonOf(signal));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    // In the same turn: who gets the result must not see it abandoned by an abort right afterwards.
    const settle = (): void => {
      signal.removeEventListener('abort', abort);
      resolve(work);
    };
    work.then(settle, settle);
  });
}
