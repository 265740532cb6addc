import type { Clock } from '../../clock/clock.js';
import { ExpiryTimer } from './expiry-timer.js';
import type { Lease, LeaseTable } from './leases.js';

/** Leases that are ended in one go. After a restart all are due at the same moment, and others wait meanwhile. */
const MAX_ENDS_AT_ONCE = 256;

export interface LeaseExpiryParts {
  readonly clock: Clock;
  readonly leases: LeaseTable;
  /** While the store is not, nothing expires. */
  readonly isRunning: () => boolean;
  /** Ends a lease whose TTL is over. */
  readonly end: (lease: Lease) => void;
}

/** Ends leases when their TTL is over, and not before. */
export class LeaseExpiry {
  readonly #parts: LeaseExpiryParts;
  readonly #timer: ExpiryTimer;
  /** Before this no lease is ended. */
  #fromMs = 0;

  constructor(parts: LeaseExpiryParts) {
    this.#parts = parts;
    this.#timer = new ExpiryTimer(parts.clock, () => this.endDue());
  }

  /** Ends those whose TTL is over by now: their timer may come late. */
  endDue(): void {
    const { clock, leases, isRunning, end } = this.#parts;
    if (!isRunning()) return;
    const nowMs = clock.now();
    if (nowMs < this.#fromMs) return;
    for (let ended = 0; ended < MAX_ENDS_AT_ONCE; ended++) {
      const lease = leases.firstDue(nowMs);
      if (lease === undefined) break;
      end(lease);
    }
    this.arm();
  }

  /** Gives a lease its full TTL. @returns false if it has ended while a write was on the way to disk. */
  prolong(lease: Lease): boolean {
    const { clock, leases } = this.#parts;
    if (leases.get(lease.id) !== lease) return false;
    leases.setDeadline(lease, clock.now() + lease.ttlSeconds * 1000);
    this.arm();
    return true;
  }

  arm(): void {
    const { leases, isRunning } = this.#parts;
    if (!isRunning()) return;
    const dueMs = leases.nextDueMs();
    if (dueMs !== undefined) this.#timer.arm(Math.max(dueMs, this.#fromMs));
  }

  /** None is ended for so long. */
  pause(ms: number): void {
    this.#fromMs = this.#parts.clock.now() + ms;
  }

  stop(): void {
    this.#timer.cancel();
  }
}
