import type { LeaseId } from '../../core/lease-id.js';
import { ForwardingStore } from '../../store/forwarding-store.js';
import type { LeaseState, Store } from '../../store/store.js';
import type { Janitor } from '../janitor.js';

/** Leases that the store still has to be told of; beyond that, callers wait until it is. */
const CAPACITY = 20_000;

/**
 * A store that ends leases without letting anybody wait. For all who ask by way of it, such a lease has ended at once: it is neither
 * renewed nor found. What it still holds at the store goes as soon as that is told; if the process dies before, with its TTL.
 */
export class LeaseEnds extends ForwardingStore {
  readonly #janitor: Janitor;
  readonly #ending = new Set<LeaseId>();

  constructor(inner: Store, janitor: Janitor) {
    super(inner);
    this.#janitor = janitor;
  }

  /**
   * Ends a lease that nobody shall use any more, and that takes no new locks (it is marked as ending). Resolves before the store
   * knows, as a rule. @throws Fault as `Store.revoke`, if too many are under way.
   */
  async endSoon(id: LeaseId): Promise<void> {
    if (this.#ending.has(id)) return;
    if (this.#ending.size >= CAPACITY || !this.#later(id)) await super.revoke(id);
  }

  override renew(id: LeaseId): Promise<number | undefined> {
    return this.#ending.has(id) ? Promise.resolve(undefined) : super.renew(id);
  }

  /** Also of one that is ending: whoever asks hears whether the store knows. */
  override async revoke(id: LeaseId): Promise<boolean> {
    const hadEnded = this.#ending.has(id);
    return (await super.revoke(id)) && !hadEnded;
  }

  override inspectLease(
    ...asked: Parameters<Store['inspectLease']>
  ): Promise<LeaseState | undefined> {
    return this.#ending.has(asked[0]) ? Promise.resolve(undefined) : super.inspectLease(...asked);
  }

  /** @returns false if the janitor has too much to do. */
  #later(id: LeaseId): boolean {
    this.#ending.add(id);
    const isTaken = this.#janitor.later(async () => {
      await super.revoke(id);
      this.#ending.delete(id);
    });
    if (!isTaken) this.#ending.delete(id);
    return isTaken;
  }
}
