import type { Clock } from '../clock/clock.js';
import { randomLeaseId } from '../clock/random.js';
import type { LeaseId } from '../core/lease-id.js';
import type { Store } from '../store/store.js';

/** A new lease so often, so that what expires together is the work of one period. */
const PERIOD_MS = 60_000;

/**
 * Leases for records that shall stay for a while and then go by themselves: outcomes of idempotent writes,
 * reasons of forced releases. Records of the same minute share one; it is never renewed.
 */
export class ArchiveLease {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ttlSeconds: number;
  #current: Promise<LeaseId> | undefined;
  #freshUntilMs = 0;

  /** Records stay for `retentionMs` at least, and a minute more at most. */
  constructor(store: Store, clock: Clock, retentionMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#ttlSeconds = Math.ceil((retentionMs + PERIOD_MS) / 1000);
  }

  /** The lease to attach a record to now. @throws Fault UNAVAILABLE if it has to be granted and can't. */
  current(): Promise<LeaseId> {
    if (this.#current === undefined || this.#clock.now() >= this.#freshUntilMs) {
      this.#freshUntilMs = this.#clock.now() + PERIOD_MS;
      this.#current = this.#grant();
    }
    return this.#current;
  }

  /** Asks the store. @returns true if the lease had ended early: the next `current` is another. */
  async replaceIfEnded(): Promise<boolean> {
    const current = this.#current;
    if (current === undefined) return false;
    const ended = (await this.#store.inspectLease(await current)) === undefined;
    if (ended && this.#current === current) this.#current = undefined;
    return ended;
  }

  async #grant(): Promise<LeaseId> {
    const lease = randomLeaseId();
    try {
      // One a minute: also what frees leaves records.
      await this.#store.grant(lease, this.#ttlSeconds, { frees: true });
      return lease;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }
}
