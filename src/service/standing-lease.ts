import type { Clock, Timer } from '../clock/clock.js';
import { randomLeaseId } from '../clock/random.js';
import type { LeaseId } from '../core/lease-id.js';
import type { Store } from '../store/store.js';

/** After a renewal that got no answer. */
const RETRY_MS = 300;

/**
 * A lease that the daemon holds for itself, from first use until it is stopped: renewed at each third of
 * its TTL, and replaced when it has ended all the same (the process was paused, the store was away).
 * What was attached to it has then gone with it; whoever relies on a key of theirs compares for it.
 *
 *     none ── current() ──▶ granted, renewed ── renewal says ended ──▶ none
 */
export class StandingLease {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ttlSeconds: number;
  #current: Promise<LeaseId> | undefined;
  #timer: Timer | undefined;
  #stopped = false;
  #onEnded: () => void = () => undefined;

  constructor(store: Store, clock: Clock, ttlSeconds: number) {
    this.#store = store;
    this.#clock = clock;
    this.#ttlSeconds = ttlSeconds;
  }

  /** The lease to attach to now. @throws Fault UNAVAILABLE if it has to be granted and can't. */
  current(): Promise<LeaseId> {
    this.#current ??= this.#grant();
    return this.#current;
  }

  /** Calls back whenever the lease is found to have ended. */
  onEnded(callback: () => void): void {
    this.#onEnded = callback;
  }

  /** Asks the store. @returns true if the lease had ended: the next `current` is another. */
  async replaceIfEnded(): Promise<boolean> {
    const current = this.#current;
    if (current === undefined) return false;
    const ended = (await this.#store.renew(await current)) === undefined;
    if (ended && this.#current === current) {
      this.#current = undefined;
      this.#onEnded();
    }
    return ended;
  }

  /** Stops renewing, and ends the lease with all that is attached to it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const lease = await this.#current?.catch(ignore);
    // If the store can't be reached it ends by itself.
    if (lease !== undefined) await this.#store.revoke(lease).catch(ignore);
  }

  async #grant(): Promise<LeaseId> {
    const lease = randomLeaseId();
    try {
      await this.#store.grant(lease, this.#ttlSeconds);
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
    this.#renewLater();
    return lease;
  }

  #renewLater(delayMs = (this.#ttlSeconds * 1000) / 3): void {
    this.#timer?.cancel();
    if (this.#stopped || this.#current === undefined) return;
    this.#timer = this.#clock.timer(delayMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    try {
      await this.replaceIfEnded();
      this.#renewLater();
    } catch {
      // It says nothing about the lease, and time is short: ask again soon.
      this.#renewLater(RETRY_MS);
    }
  }
}

function ignore(): undefined {
  return undefined;
}
