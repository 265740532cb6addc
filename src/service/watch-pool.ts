import { Fault } from '../core/errors.js';

/** How many watches a daemon serves: so many at most. */
export class WatchPool {
  readonly #capacity: number;
  #open = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @returns what to call, once, when the watch has ended. @throws Fault RESOURCE_EXHAUSTED if there are too many. */
  enter(): () => void {
    if (this.#open >= this.#capacity) {
      throw new Fault(
        'RESOURCE_EXHAUSTED',
        `${this.#capacity} watches are open at this daemon already; ask another one, or later`,
        { reason: 'WATCH_LIMIT', retryAfterMs: 1000 },
      );
    }
    this.#open++;
    return () => {
      this.#open--;
    };
  }
}
