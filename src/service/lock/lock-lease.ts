import type { Clock, Timer } from '../../clock/clock.js';
import { randomLeaseId } from '../../clock/random.js';
import { leaseNotFound } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest } from '../../core/lock.js';
import type { Store } from '../../store/store.js';
import type { Janitor } from '../janitor.js';
import type { LeaseCensus } from '../lease/census.js';
import type { LeaseRecord } from '../lease/record.js';

/** The lease that shall hold a lock that is being acquired. */
export interface LockLease {
  /** A lease that is alive as far as can be known without asking. */
  ready(): Promise<LeaseId>;
  /** What to record of it; undefined if it is the caller's, who made it elsewhere. */
  record(): LeaseRecord | undefined;
  /** The store says that it has ended. @throws Fault NOT_FOUND if it was the caller's. */
  ended(): void;
  /** Called after a wait, when the lock is granted: from here the full TTL counts. False: it has ended. */
  refresh(): Promise<boolean>;
  /** Keeps it alive while the caller is the next in the queue. Returns how to stop that. */
  keep(): () => void;
  /** It holds a lock that the caller is told of. */
  use(): void;
  /** Unless it is used, it is not needed any more. */
  dropUnused(): void;
}

/** The caller's own session: the caller renews it. */
export class SessionLease implements LockLease {
  readonly #lease: LeaseId;

  constructor(lease: LeaseId) {
    this.#lease = lease;
  }

  ready(): Promise<LeaseId> {
    return Promise.resolve(this.#lease);
  }

  record(): undefined {
    return undefined;
  }

  ended(): void {
    throw leaseNotFound();
  }

  refresh(): Promise<boolean> {
    return Promise.resolve(true);
  }

  keep(): () => void {
    return () => undefined;
  }

  use(): void {
    // The caller's before and after.
  }

  dropUnused(): void {
    // Not ours to end.
  }
}

export interface OwnLeaseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly janitor: Janitor;
  readonly census: LeaseCensus;
}

/**
 * A lease that the daemon makes for this one lock. It is granted when first needed; while its lock's
 * waiter is far from the front it may lapse, and another is granted then.
 */
export class OwnLease implements LockLease {
  readonly #parts: OwnLeaseParts;
  readonly #request: Pick<AcquireRequest, 'name' | 'owner' | 'labels'>;
  readonly #ttlSeconds: number;
  #lease: LeaseId | undefined;
  #createdAtMs = 0;
  #renewedAtMs = 0;
  #used = false;

  constructor(
    parts: OwnLeaseParts,
    request: Pick<AcquireRequest, 'name' | 'owner' | 'labels'>,
    ttlSeconds: number,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#ttlSeconds = ttlSeconds;
  }

  async ready(): Promise<LeaseId> {
    if (this.#lease !== undefined && this.#isFresh()) return this.#lease;
    return this.#renewed();
  }

  record(): LeaseRecord {
    const { name, owner, labels } = this.#request;
    return {
      key: name,
      owner,
      labels,
      ttlSeconds: this.#ttlSeconds,
      createdAtMs: this.#createdAtMs,
    };
  }

  ended(): void {
    this.#lease = undefined;
  }

  async refresh(): Promise<boolean> {
    if (this.#lease === undefined) return false;
    const askedAtMs = this.#parts.clock.now();
    const alive = (await this.#parts.store.renew(this.#lease)) !== undefined;
    if (alive) this.#renewedAtMs = askedAtMs;
    else this.#lease = undefined;
    return alive;
  }

  keep(): () => void {
    let timer: Timer | undefined;
    const again = (): void => {
      timer = this.#parts.clock.timer((this.#ttlSeconds * 1000) / 3, () => {
        // If it fails, the next attempt finds out what became of the lease.
        void this.#renewed()
          .then(ignore, ignore)
          .then(() => {
            if (timer !== undefined) again();
          });
      });
    };
    again();
    return () => {
      timer?.cancel();
      timer = undefined;
    };
  }

  use(): void {
    this.#used = true;
  }

  dropUnused(): void {
    if (this.#used) return;
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease !== undefined) this.#parts.janitor.later(() => this.#parts.store.revoke(lease));
  }

  async #renewed(): Promise<LeaseId> {
    const lease = this.#lease;
    return lease !== undefined && (await this.refresh()) ? lease : this.#grant();
  }

  #isFresh(): boolean {
    return this.#parts.clock.now() - this.#renewedAtMs < (this.#ttlSeconds * 1000) / 2;
  }

  async #grant(): Promise<LeaseId> {
    this.#parts.census.admit();
    const lease = randomLeaseId();
    // Known before it is granted: whatever becomes of the answer, `dropUnused` revokes it.
    this.#lease = lease;
    this.#createdAtMs = this.#parts.clock.wall();
    this.#renewedAtMs = this.#parts.clock.now();
    await this.#parts.store.grant(lease, this.#ttlSeconds);
    return lease;
  }
}

function ignore(): void {
  // The caller of `keep` learns it from its next attempt.
}
