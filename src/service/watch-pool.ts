import { SharedPool } from '../core/shares.js';
import { checkOwnLimit, type Owner } from './own-limit.js';
import { sharedLimit } from './shared-limit.js';

/** How many watches a daemon serves: so many at most, and of each user no more than leaves room for others. */
export class WatchPool {
  readonly #pool: SharedPool;

  constructor(capacity: number) {
    this.#pool = new SharedPool(capacity);
  }

  /**
   * @param owner whose share it takes.
   * @returns what to call, once, when the watch has ended. @throws Fault RESOURCE_EXHAUSTED if there are too many.
   */
  enter(owner: Owner): () => void {
    const { user } = owner;
    checkOwnLimit(owner, 'watches', (its) => this.#pool.amountOf(its));
    const refusal = this.#pool.enter(user);
    if (refusal !== undefined) {
      throw sharedLimit(
        refusal,
        'WATCH',
        `${this.#pool.limit} watches are open at this daemon already`,
      );
    }
    return () => {
      this.#pool.leave(user);
    };
  }
}
