import type { Clock } from '../../clock/clock.js';
import { isFault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Entry, Revision, Store } from '../../store/store.js';
import { mapConcurrently } from '../map-concurrently.js';

/** How often it is considered whether a lease has to be looked at. */
const TICK_MS = 500;
/** Twice as often as who renews it does, who should hear of its end before the next one has the lock. */
const LOOKS_A_TTL = 6;
/** Leases that are looked at at the same time. */
const LOOKS_AT_ONCE = 10;

interface Followed {
  followers: number;
  /** The create revision of the oldest key by which it holds what is waited for. */
  heldSince: Revision;
  nextLookMs: number;
}

/**
 * The leases of those who hold a lock that somebody here is the next to have. Who renews such a lease at another daemon is
 * not heard of here; but if the store may end it early (D35), it is looked at. So this daemon knows how long it lasts, up
 * to the last renewal or so, and doesn't grant the lock much sooner. Costs nothing while the leader of the store has
 * not changed since the lock was granted.
 */
export class HolderLeases {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #followed = new Map<LeaseId, Followed>();
  #isTicking = false;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** `held` is the key that the caller waits for. @returns how to end it. As many as callers may wait. */
  follow({ lease, createRevision }: Entry): () => void {
    if (lease === undefined) return () => undefined;
    const known = this.#followed.get(lease);
    const followed = known ?? { followers: 0, heldSince: createRevision, nextLookMs: 0 };
    followed.followers += 1;
    followed.heldSince = Math.min(followed.heldSince, createRevision);
    this.#followed.set(lease, followed);
    this.#tickLater();
    return () => {
      followed.followers -= 1;
      if (followed.followers === 0) this.#followed.delete(lease);
    };
  }

  #tickLater(): void {
    if (this.#isTicking || this.#followed.size === 0) return;
    this.#isTicking = true;
    this.#clock.timer(TICK_MS, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const nowMs = this.#clock.now();
    const changedAt = this.#store.leaderChange?.revision ?? 0;
    const due = [...this.#followed].filter(
      ([, { heldSince, nextLookMs }]) => heldSince <= changedAt && nextLookMs <= nowMs,
    );
    await mapConcurrently(due, LOOKS_AT_ONCE, ([lease, followed]) => this.#look(lease, followed));
    this.#isTicking = false;
    this.#tickLater();
  }

  /** What the store says it remembers by itself (`Store.acknowledged`). */
  async #look(lease: LeaseId, followed: Followed): Promise<void> {
    const askedMs = this.#clock.now();
    try {
      const state = await this.#store.inspectLease(lease);
      followed.nextLookMs = askedMs + ((state?.ttlSeconds ?? 0) * 1000) / LOOKS_A_TTL;
    } catch (error) {
      // The store is out of reach: again with the next tick.
      if (!isFault(error)) throw error;
    }
  }
}
