import type { SharedLockError } from '../errors.js';
import { isHopeless } from './faults.js';
import type { Pool } from './pool.js';

/** Whether it makes sense to try again: not once each daemon has failed in a way that doesn't get better. */
export class Hope {
  readonly #count: number;
  readonly #without = new Set<Pool>();

  /** @param count of daemons. */
  constructor(count: number) {
    this.#count = count;
  }

  /** Takes into account how a try ended. */
  isLost(pool: Pool, error: SharedLockError): boolean {
    if (isHopeless(error)) this.#without.add(pool);
    else this.#without.delete(pool);
    return this.#without.size === this.#count;
  }
}
