import type { Clock, Timer } from '../../../clock/clock.js';
import type { KeyLayout } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { FencingToken } from '../../../core/lock.js';
import type { Store } from '../../../store/store.js';
import type { DaemonLeases } from '../../daemon-leases.js';
import { PlaceRemovals, removePlaces } from './place-removals.js';

const FIRST_SWEEP_MS = 500;
const NEXT_SWEEP_MS = 5000;
/** By then the store has settled every write whose answer was lost: what it applied late can be seen. */
const SETTLED_AFTER_MS = 30_000;

/** The grant of an exclusive lock, for which a place was given up. */
export interface PlaceGrant {
  readonly lease: LeaseId;
  readonly token: FencingToken;
}

/** Whoever had the place left it for a grant; undefined: it left, or what became of the place is not known. */
export type OnPlaceGone = (grant?: PlaceGrant) => void;

/**
 * The places in queues that this daemon's callers have. Whoever stands behind one of them needs no watch of the store to hear
 * that it is gone. A place is attached to a lease that lives as long as the
 * daemon, so one that was left behind would block its lock for ever. Whenever that may have happened, the keys
 * of the lease are compared with the places that are known, until all others are gone.
 */
export class LocalPlaces {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #queueRoots: readonly string[];
  readonly #leases: DaemonLeases;
  readonly #known = new Set<string>();
  /** How many there are below each prefix: in each queue. */
  readonly #counts = new Map<string, number>();
  /** By the place that they stand directly behind. */
  readonly #followers = new Map<string, Set<OnPlaceGone>>();
  readonly #removals: PlaceRemovals;
  #timer: Timer | undefined;
  #sweepUntilMs = 0;
  #stopped = false;

  constructor(store: Store, clock: Clock, layout: KeyLayout, leases: DaemonLeases) {
    this.#store = store;
    this.#clock = clock;
    this.#queueRoots = [layout.lock.queueRoot, layout.election.queueRoot];
    this.#leases = leases;
    this.#removals = new PlaceRemovals(store);
    // All places have gone with it, and whoever has none any more takes another at once.
    leases.onQueueEnded(() => {
      for (const key of [...this.#followers.keys()]) this.#tell(key);
    });
  }

  /** Whether it is the place of one of this daemon's callers. */
  has(key: string): boolean {
    return this.#known.has(key);
  }

  /** Whether there is a place of one of this daemon's callers in a queue. */
  anyBelow(prefix: string): boolean {
    return this.#counts.has(prefix);
  }

  /** Calls back once when a place of this daemon is gone, at once if it is. @returns how to forget the callback. */
  follow(key: string, onGone: OnPlaceGone): () => void {
    if (!this.#known.has(key)) {
      onGone();
      return () => undefined;
    }
    const followers = this.#followers.get(key) ?? new Set();
    this.#followers.set(key, followers.add(onGone));
    return () => {
      followers.delete(onGone);
      if (followers.size === 0 && this.#followers.get(key) === followers) {
        this.#followers.delete(key);
      }
    };
  }

  /** Before the key may be put. */
  add(key: string): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#count(key, 1);
  }

  /**
   * Takes the key, which was put, out of the queue: now, or later if the store can't.
   * @param resource the lock's, as transactions have it.
   */
  async leave(resource: string, key: string): Promise<void> {
    try {
      await this.#removals.remove(resource, key);
      this.remove(key);
    } catch {
      this.abandon(key);
    }
  }

  /** The key is gone for sure. @param grant what it was given up for. */
  remove(key: string, grant?: PlaceGrant): void {
    this.#forget(key);
    this.#tell(key, grant);
  }

  /** The key should be gone, but may be there, or may yet come. */
  abandon(key: string): void {
    this.#forget(key);
    this.#tell(key);
    this.#sweepUntilMs = this.#clock.now() + SETTLED_AFTER_MS;
    if (this.#timer === undefined) this.#sweepLater(FIRST_SWEEP_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #forget(key: string): void {
    if (this.#known.delete(key)) this.#count(key, -1);
  }

  #count(key: string, change: 1 | -1): void {
    const prefix = key.slice(0, key.lastIndexOf('/') + 1);
    const count = (this.#counts.get(prefix) ?? 0) + change;
    if (count === 0) this.#counts.delete(prefix);
    else this.#counts.set(prefix, count);
  }

  #tell(key: string, grant?: PlaceGrant): void {
    const followers = this.#followers.get(key);
    if (followers === undefined) return;
    this.#followers.delete(key);
    for (const onGone of followers) onGone(grant);
  }

  #sweepLater(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.timer(delayMs, () => void this.#sweep());
  }

  async #sweep(): Promise<void> {
    const lookedAtMs = this.#clock.now();
    const hasLooked = await this.#removeUnknown().then(
      () => true,
      () => false,
    );
    this.#timer = undefined;
    // Others may have been abandoned while it looked.
    const isDone = hasLooked && lookedAtMs >= this.#sweepUntilMs;
    if (!isDone) this.#sweepLater(NEXT_SWEEP_MS);
  }

  async #removeUnknown(): Promise<void> {
    const lease = await this.#leases.queue();
    const state = await this.#store.inspectLease(lease, { keys: true });
    // If the lease has ended, all its places went with it.
    const unknown = (state?.keys ?? []).filter((key) => {
      return !this.#known.has(key) && this.#queueRoots.some((root) => key.startsWith(root));
    });
    const [first] = unknown;
    if (first !== undefined) await removePlaces(this.#store, first, unknown);
  }
}
