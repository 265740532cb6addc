import { onAbort } from './on-abort.js';

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
    const follow = (): void => controller.abort(source.reason);
    if (source.aborted) follow();
    else undo.push(onAbort(source, follow));
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const step of undo) step();
    },
  };
}
