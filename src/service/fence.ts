import { Fault, invalid } from '../core/errors.js';
import type { Fence } from '../core/counter.js';
import type { KeyLayout, LockKeys } from '../core/keys.js';
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
  readonly #token: number;
  readonly #name: string;
  readonly #keys: LockKeys;
  readonly #staleness: string;
  #key: string;

  constructor(fence: Fence, { lock, election }: KeyLayout, limits: Limits) {
    const isLock = 'lock' in fence;
    this.#name = isLock ? fence.lock : fence.election;
    this.#keys = isLock ? lock : election;
    this.#staleness = isLock ? 'nobody holds the lock with it' : 'its term is over';
    checkName(this.#name, limits.nameBytes, isLock ? 'fence.lock' : 'fence.election');
    if (fence.token < 1) throw invalid('fence.token', 'must be a fencing token, from 1');
    this.#token = fence.token;
    this.#key = this.#keys.held(this.#name);
  }

  /** How many reads it makes. */
  static readonly reads = VIEW_READS;

  /** For the transaction that the fence guards. */
  get compare(): Compare {
    return createdAt(this.#key, this.#token);
  }

  /** For the branch that runs if it, or another condition, did not hold. */
  get reads(): readonly Read[] {
    return viewReads(this.#keys, this.#name, 0);
  }

  /**
   * Looks at what `reads` found, the first at `index`.
   * @throws Fault FAILED_PRECONDITION if nobody holds the lock with the token.
   */
  inspect(outcome: Outcome, index: number): void {
    const entries = holdingEntries(viewAt(outcome, index));
    const holding = entries.find((entry) => entry.createRevision === this.#token);
    if (holding === undefined) {
      throw new Fault('FAILED_PRECONDITION', `fence: the token is stale; ${this.#staleness}`, {
        field: 'fence',
        reason: 'STALE_TOKEN',
      });
    }
    this.#key = holding.key;
  }
}
