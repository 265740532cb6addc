import type { Clock } from '../../clock/clock.js';
import type { LeaseId } from '../../core/lease-id.js';
import { SharedPool } from '../../core/shares.js';
import type { Refusal } from '../../core/shares.js';

interface Owned {
  readonly user: string;
  /** Unless it is renewed. */
  endsAtMs: number;
}

/**
 * Whose the leases are that this daemon made, of users who have a share. A lease ends at the store without a word, so one counts until
 * its TTL has passed since the last renewal that went through this daemon: what is renewed elsewhere may be missed.
 */
export class LeaseOwners {
  readonly #clock: Clock;
  readonly #pool: SharedPool;
  readonly #owned = new Map<LeaseId, Owned>();

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#pool = new SharedPool(limit);
  }

  /** @param total of all leases, also of those without an owner. */
  refusal(user: string | undefined, total: number): Refusal | undefined {
    return this.#pool.refusal(user, total);
  }

  countOf(user: string): number {
    return this.#pool.amountOf(user);
  }

  made(lease: LeaseId, user: string | undefined, ttlSeconds: number): void {
    if (user === undefined || this.#owned.size >= this.#pool.limit) return;
    this.#owned.set(lease, { user, endsAtMs: this.#endOf(ttlSeconds) });
    this.#pool.add(user);
  }

  renewed(lease: LeaseId, ttlSeconds: number): void {
    const owned = this.#owned.get(lease);
    if (owned !== undefined) owned.endsAtMs = this.#endOf(ttlSeconds);
  }

  ended(lease: LeaseId): void {
    const owned = this.#owned.get(lease);
    if (owned === undefined) return;
    this.#owned.delete(lease);
    this.#pool.leave(owned.user);
  }

  /** Forgets those that have lapsed. */
  sweep(): void {
    const nowMs = this.#clock.now();
    for (const [lease, { endsAtMs }] of this.#owned) if (endsAtMs <= nowMs) this.ended(lease);
  }

  #endOf(ttlSeconds: number): number {
    return this.#clock.now() + ttlSeconds * 1000;
  }
}
