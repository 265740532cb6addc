import { Fault, invalid } from '../core/errors.js';
import type { Fence } from '../core/counter.js';
import type { KeyLayout, LockKeys } from '../core/keys.js';
import type { Limits } from '../core/limits.js';
import { checkName } from '../core/text.js';
import { createdAt, type Compare, type Read } from '../store/store.js';
import { holdingEntries, viewQuery, type LockView } from './lock/state/view.js';
import type { Done, Query } from './transaction.js';

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
  readonly #view: Query<LockView>;
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
    this.#view = viewQuery(this.#keys, this.#name, 0);
  }

  /** For the transaction that the fence guards. */
  get compare(): Compare {
    return createdAt(this.#key, this.#token);
  }

  /** For the branch that runs if it, or another condition, did not hold. */
  get reads(): readonly Read[] {
    return this.#view.reads;
  }

  /**
   * Looks at what `reads` found.
   * @throws Fault FAILED_PRECONDITION if nobody holds the lock with the token.
   */
  inspect(done: Done): void {
    const entries = holdingEntries(this.#view.found(done));
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
