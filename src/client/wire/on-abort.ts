/** One listener a signal, however many want to be told: for each new one Node.js looks through all that a signal has. */
const hubs = new WeakMap<AbortSignal, Hub>();

/** Calls back once if the signal aborts; not if it has aborted already. @returns what ends that. Idempotent. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let hub = hubs.get(signal);
  if (hub === undefined) {
    hub = new Hub(signal);
    hubs.set(signal, hub);
  }
  return hub.add(callback);
}

class Hub {
  readonly #signal: AbortSignal;
  readonly #callbacks = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(callback: () => void): () => void {
    // One of its own, so that the same function can be given twice.
    const entry = (): void => callback();
    this.#callbacks.add(entry);
    if (this.#callbacks.size === 1) this.#signal.addEventListener('abort', this.#tellAll);
    return () => {
      if (this.#callbacks.delete(entry)) this.#rest();
    };
  }

  /** Nothing is left behind at a signal that lives long. */
  #rest(): void {
    if (this.#callbacks.size > 0) return;
    this.#signal.removeEventListener('abort', this.#tellAll);
  }

  readonly #tellAll = (): void => {
    const callbacks = [...this.#callbacks];
    this.#callbacks.clear();
    this.#rest();
    for (const callback of callbacks) callback();
  };
}
