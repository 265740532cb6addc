import type { ClientParts } from '../parts.js';
import { reasonOf } from '../wire/faults.js';

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
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

/** Aborts when the caller gives up, or the client closes. */
export function stopSignal(
  { stopping }: Pick<ClientParts, 'stopping'>,
  signal: AbortSignal | undefined,
): AbortSignal {
  return signal === undefined ? stopping : AbortSignal.any([signal, stopping]);
}
