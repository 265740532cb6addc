import type { Clock, Timer } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Refusal } from '../../core/shares.js';
import type { KeyLayout } from '../../core/keys.js';
import { prefixed } from '../../store/store.js';
import type { Store } from '../../store/store.js';
import { checkOwnLimit, type Owner } from '../own-limit.js';
import type { LeaseOwners } from './lease-owners.js';

/** Leases end at the store without a word, so they are counted there, so often. */
const PERIOD_MS = 10_000;

/**
 * How many leases and holders of locks the store has, by a count every 10 s and what this daemon added
 * since. With several daemons the limit can be overshot by what the others add within one period.
 */
export class LeaseCensus {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #keys: KeyLayout;
  readonly #limit: number;
  readonly #owners: LeaseOwners;
  readonly #onCount: (counts: { leases: number; locks: number }) => void;
  #timer: Timer | undefined;
  #counted = 0;
  #addedSince = 0;

  constructor(
    store: Store,
    clock: Clock,
    keys: KeyLayout,
    limit: number,
    owners: LeaseOwners,
    onCount: (counts: { leases: number; locks: number }) => void,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#keys = keys;
    this.#limit = limit;
    this.#owners = owners;
    this.#onCount = onCount;
  }

  /**
   * Counts one more lease. @param owner whose share it takes.
   * @throws Fault RESOURCE_EXHAUSTED if there are as many as allowed, or the user has more than a fair share of them.
   */
  admit(lease: LeaseId, owner: Owner, ttlSeconds: number): void {
    const { user } = owner;
    checkOwnLimit(owner, 'leases', (its) => this.#owners.countOf(its));
    const refusal = this.#owners.refusal(user, this.#counted + this.#addedSince);
    if (refusal !== undefined) throw this.#fault(refusal);
    this.#addedSince++;
    this.#owners.made(lease, user, ttlSeconds);
  }

  /** One that was admitted was not made, or has ended already. */
  dismiss(lease: LeaseId): void {
    this.#addedSince--;
    this.#owners.ended(lease);
  }

  /** Counts now, and from now on every 10 s until it is stopped. */
  start(): void {
    void this.#count();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #fault(refusal: Refusal): Fault {
    if (refusal === 'FULL') {
      return new Fault(
        'RESOURCE_EXHAUSTED',
        `there are ${this.#limit} leases already, which is the limit; revoke or let expire what is not needed`,
        { reason: 'LEASE_LIMIT', retryAfterMs: PERIOD_MS },
      );
    }
    return new Fault(
      'RESOURCE_EXHAUSTED',
      `most of the ${this.#limit} leases that there may be are taken, and more than a fair share by this caller; revoke what is not needed`,
      { reason: 'LEASE_SHARE', retryAfterMs: PERIOD_MS },
    );
  }

  async #count(): Promise<void> {
    this.#timer = this.#clock.timer(PERIOD_MS, () => void this.#count());
    this.#owners.sweep();
    const addedBefore = this.#addedSince;
    try {
      const leases = await this.#store.read({
        range: prefixed(this.#keys.leaseRoot),
        countOnly: true,
      });
      const { lockRoot, lock } = this.#keys;
      let holders = 0;
      for (const root of [lockRoot, lock.sharedRoot, lock.permitRoot]) {
        holders += (await this.#store.read({ range: prefixed(root), countOnly: true })).count;
      }
      this.#counted = leases.count;
      // What was admitted while the count was under way may be in it already: counted twice at worst.
      this.#addedSince -= addedBefore;
      this.#onCount({ leases: leases.count, locks: holders });
    } catch {
      // The store is out of reach, which its health tells: the old count stands until the next turn.
    }
  }
}
