import { daemonStopping, Fault } from '../../core/errors.js';

/** Who waits for a lock at this daemon: so many at most, and none once it drains. */
export class WaiterPool {
  readonly #capacity: number;
  readonly #onChange: (waiting: number) => void;
  readonly #drainListeners = new Set<() => void>();
  #isDraining = false;
  #waiting = 0;

  constructor(capacity: number, onChange: (waiting: number) => void) {
    this.#capacity = capacity;
    this.#onChange = onChange;
  }

  /** Calls back when the daemon is about to stop, at once if it is. @returns how to forget the callback. */
  onDrain(callback: () => void): () => void {
    if (this.#isDraining) callback();
    this.#drainListeners.add(callback);
    return () => {
      this.#drainListeners.delete(callback);
    };
  }

  /** @throws Fault RESOURCE_EXHAUSTED if the daemon has as many waiters as it may. */
  enter(): void {
    if (this.#waiting >= this.#capacity) {
      throw new Fault(
        'RESOURCE_EXHAUSTED',
        `${this.#capacity} callers wait for locks at this daemon already; ask another one, or later`,
        { reason: 'WAITER_LIMIT', retryAfterMs: 1000 },
      );
    }
    this.#onChange(++this.#waiting);
  }

  leave(): void {
    this.#onChange(--this.#waiting);
  }

  /** From now on nobody is let in, and those who wait are told to ask another daemon. */
  drain(): void {
    this.#isDraining = true;
    for (const callback of [...this.#drainListeners]) callback();
  }

  /** @throws Fault UNAVAILABLE once the daemon drains. */
  throwIfDraining(): void {
    if (this.#isDraining) throw draining();
  }
}

export function draining(): Fault {
  return daemonStopping('this daemon is about to stop and takes no new locks; ask another one');
}
