import type { Clock } from '../../../clock/clock.js';
import { isFault } from '../../../core/errors.js';
import type { KeyLayout } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import { exactly } from '../../../store/store.js';
import type { Entry, Revision, Store } from '../../../store/store.js';
import { mapConcurrently } from '../../map-concurrently.js';

/** How often it is considered whether a lease has to be looked at. */
const TICK_MS = 500;
/** Twice as often as who renews it does, who should hear of its end before the next one has the lock. */
const LOOKS_A_TTL = 6;
/** Leases that are looked at at the same time. */
const LOOKS_AT_ONCE = 10;

interface Followed {
  followers: number;
  /** It was granted then or before: the create revision of a key by which it holds what is waited for, or of its record. */
  since: Revision;
  /** It was the record's. */
  isAgeKnown: boolean;
  nextLookMs: number;
}

/**
 * The leases of those who hold a lock that somebody here is the next to have. Who renews such a lease at another daemon is
 * not heard of here; but if the store may end it early (D35), it is looked at. So this daemon knows how long it lasts, up
 * to the last renewal or so, and doesn't grant the lock much sooner. Costs nothing while the leader of the store is the first that
 * was heard of; then a lease that is younger than the leader costs one read, since a session may be older than its locks.
 */
export class HolderLeases {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #layout: KeyLayout;
  readonly #followed = new Map<LeaseId, Followed>();
  #isTicking = false;

  constructor(store: Store, clock: Clock, layout: KeyLayout) {
    this.#store = store;
    this.#clock = clock;
    this.#layout = layout;
  }

  /** `held` is the key that the caller waits for. @returns how to end it. As many as callers may wait. */
  follow({ lease, createRevision }: Pick<Entry, 'lease' | 'createRevision'>): () => void {
    if (lease === undefined) return () => undefined;
    const followed = this.#followed.get(lease) ?? {
      followers: 0,
      since: createRevision,
      isAgeKnown: false,
      nextLookMs: 0,
    };
    followed.followers += 1;
    followed.since = Math.min(followed.since, createRevision);
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
    const { leaderChange } = this.#store;
    if (leaderChange !== undefined) {
      await mapConcurrently([...this.#followed], LOOKS_AT_ONCE, ([lease, followed]) =>
        this.#attend(lease, followed, leaderChange.revision),
      );
    }
    this.#isTicking = false;
    this.#tickLater();
  }

  async #attend(lease: LeaseId, followed: Followed, changedAt: Revision): Promise<void> {
    try {
      if (followed.since > changedAt && !followed.isAgeKnown) await this.#learnAge(lease, followed);
      const isDue = followed.nextLookMs <= this.#clock.now();
      if (followed.since <= changedAt && isDue) await this.#look(lease, followed);
    } catch (error) {
      // The store is out of reach: again with the next tick.
      if (!isFault(error)) throw error;
    }
  }

  async #learnAge(lease: LeaseId, followed: Followed): Promise<void> {
    const range = exactly(this.#layout.lease(lease));
    const [record] = (await this.#store.read({ range, keysOnly: true })).entries;
    followed.since = Math.min(followed.since, record?.createRevision ?? Infinity);
    followed.isAgeKnown = true;
  }

  /** What the store says it remembers by itself (`Store.acknowledged`). */
  async #look(lease: LeaseId, followed: Followed): Promise<void> {
    const askedMs = this.#clock.now();
    const state = await this.#store.inspectLease(lease);
    followed.nextLookMs = askedMs + ((state?.ttlSeconds ?? 0) * 1000) / LOOKS_A_TTL;
  }
}
