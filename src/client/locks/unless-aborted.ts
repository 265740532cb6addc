import type { ClientParts } from '../parts.js';
import { reasonOf } from '../wire/faults.js';
import { manyMayListen } from '../wire/many-listeners.js';

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

/** A signal that follows others until it is disposed of. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Aborts when one of them does. `AbortSignal.any` leaves something behind at each of them, and some live long. */
export function linked(...sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const undo: (() => void)[] = [];
  for (const source of sources) {
    if (source === undefined) continue;
    manyMayListen(source);
    const follow = (): void => controller.abort(source.reason);
    if (source.aborted) follow();
    source.addEventListener('abort', follow, { once: true });
    undo.push(() => source.removeEventListener('abort', follow));
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const step of undo) step();
    },
  };
}

/** Aborts when the caller gives up, or the client closes. */
export function stopSignal(
  { stopping }: Pick<ClientParts, 'stopping'>,
  signal: AbortSignal | undefined,
): LinkedSignal {
  return linked(signal, stopping);
}
