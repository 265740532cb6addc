import type { Clock, Timer } from '../../clock/clock.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Store } from '../../store/store.js';
import type { DaemonLeases } from '../daemon-leases.js';
import { PlaceRemovals, removePlaces } from './place-removals.js';

const FIRST_SWEEP_MS = 500;
const NEXT_SWEEP_MS = 5000;
/** By then the store has settled every write whose answer was lost: what it applied late can be seen. */
const SETTLED_AFTER_MS = 30_000;

/**
 * The places in queues that this daemon's callers have. A place is attached to a lease that lives as long as the
 * daemon, so one that was left behind would block its lock for ever. Whenever that may have happened, the keys
 * of the lease are compared with the places that are known, until all others are gone.
 */
export class Places {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #queueRoots: readonly string[];
  readonly #leases: DaemonLeases;
  readonly #known = new Set<string>();
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
  }

  /** Before the key may be put. */
  add(key: string): void {
    this.#known.add(key);
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

  /** The key is gone for sure. */
  remove(key: string): void {
    this.#known.delete(key);
  }

  /** The key should be gone, but may be there, or may yet come. */
  abandon(key: string): void {
    this.#known.delete(key);
    this.#sweepUntilMs = this.#clock.now() + SETTLED_AFTER_MS;
    if (this.#timer === undefined) this.#sweepLater(FIRST_SWEEP_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
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
