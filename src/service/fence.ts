import { Fault, invalid } from '../core/errors.js';
import type { Fence } from '../core/counter.js';
import type { LockKeys } from '../core/keys.js';
import type { Limits } from '../core/limits.js';
import { checkName } from '../core/text.js';
import { createdAt, type Compare, type Outcome, type Read } from '../store/store.js';
import { holdingEntries, VIEW_READS, viewAt, viewReads } from './lock/view.js';

/**
 * A fence in a transaction: the key whose create revision is the token must be there. That is the exclusive
 * lock's key, as is assumed first; if it is not, what is read instead says under which key a shared holder
 * or one of permits has the token.
 */
export class FenceCheck {
  readonly #fence: Fence;
  readonly #keys: LockKeys;
  #key: string;

  constructor(fence: Fence, keys: LockKeys, limits: Limits) {
    checkName(fence.lock, limits.nameBytes, 'fence.lock');
    if (fence.token < 1) throw invalid('fence.token', 'must be a fencing token, from 1');
    this.#fence = fence;
    this.#keys = keys;
    this.#key = keys.held(fence.lock);
  }

  /** How many reads it makes. */
  static readonly reads = VIEW_READS;

  /** For the transaction that the fence guards. */
  get compare(): Compare {
    return createdAt(this.#key, this.#fence.token);
  }

  /** For the branch that runs if it, or another condition, did not hold. */
  get reads(): readonly Read[] {
    return viewReads(this.#keys, this.#fence.lock, 0);
  }

  /**
   * Looks at what `reads` found, the first at `index`.
   * @throws Fault FAILED_PRECONDITION if nobody holds the lock with the token.
   */
  inspect(outcome: Outcome, index: number): void {
    const entries = holdingEntries(viewAt(outcome, index));
    const holding = entries.find((entry) => entry.createRevision === this.#fence.token);
    if (holding === undefined) {
      throw new Fault(
        'FAILED_PRECONDITION',
        'fence: the token is stale; nobody holds the lock with it',
        {
          field: 'fence',
          reason: 'STALE_TOKEN',
        },
      );
    }
    this.#key = holding.key;
  }
}
