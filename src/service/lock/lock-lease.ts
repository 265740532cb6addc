import type { Clock, Timer } from '../../clock/clock.js';
import { randomLeaseId } from '../../clock/random.js';
import { leaseNotFound } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest, LockKind } from '../../core/lock.js';
import type { Store } from '../../store/store.js';
import type { Janitor } from '../janitor.js';
import type { Caller } from '../caller.js';
import type { LeaseCensus } from '../lease/census.js';
import type { LeaseRecord } from '../lease/record.js';
import { ttlGranted } from '../ttl-granted.js';

/**
 * The lease that shall hold a lock that is being acquired. Which one a try used, the try itself says: after an
 * await, `ready` may be another.
 */
export interface LockLease {
  /** A lease for the next try. */
  ready(): Promise<LeaseId>;
  /**
   * What to record of the one that is `ready`; undefined if it is the caller's, who made it elsewhere.
   * @throws Fault as the store, if it did not grant it.
   */
  record(): Promise<LeaseRecord | undefined>;
  /**
   * The store says that there is no such lease. @throws Fault NOT_FOUND if it was the caller's; if it is because the
   * store did not grant it, what the store said then.
   */
  ended(lease: LeaseId): Promise<void>;
  /**
   * This one got the lock. Is it alive, with most of its TTL ahead? `waited`: then the full TTL shall count from now.
   */
  confirm(lease: LeaseId, waited: boolean): Promise<boolean>;
  /** While the caller waits: keeps the lease alive if it is the next to be needed, or looks whether it still is. */
  attend(atFront: boolean, onEnded: () => void): () => void;
  /** A lock is held by it, and the caller is told so. */
  use(): void;
  /** Its lock may be recorded for the same request to find: it ends by itself if nobody asks again. */
  leave(): void;
  /** Unless it is used or left, it is not needed any more. */
  dropUnused(): void;
}

/** How often a session is looked at while its caller waits, so that a dead one does not wait on. */
const LOOK_MS = 10_000;

/** The caller's own session: the caller renews it. */
export class SessionLease implements LockLease {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #lease: LeaseId;

  constructor(store: Store, clock: Clock, lease: LeaseId) {
    this.#store = store;
    this.#clock = clock;
    this.#lease = lease;
  }

  ready(): Promise<LeaseId> {
    return Promise.resolve(this.#lease);
  }

  record(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  ended(): Promise<never> {
    return Promise.reject(leaseNotFound());
  }

  confirm(): Promise<boolean> {
    return Promise.resolve(true);
  }

  attend(_atFront: boolean, onEnded: () => void): () => void {
    return repeat(this.#clock, LOOK_MS, async () => {
      if ((await this.#store.inspectLease(this.#lease)) === undefined) onEnded();
    });
  }

  use(): void {
    // The caller's before and after.
  }

  leave(): void {
    // Not ours to end.
  }

  dropUnused(): void {
    // Not ours to end.
  }
}

export interface OwnLeaseParts {
  readonly kind: LockKind;
  readonly store: Store;
  readonly clock: Clock;
  readonly janitor: Janitor;
  readonly census: LeaseCensus;
}

/**
 * A lease that the daemon makes for this one lock, at its first try. While its waiter is far from the front it may
 * lapse, and another is granted for the next try.
 */
export class OwnLease implements LockLease {
  readonly #parts: OwnLeaseParts;
  readonly #request: Pick<AcquireRequest, 'name' | 'owner' | 'labels'>;
  readonly #ttlSeconds: number;
  readonly #caller: Pick<Caller, 'user' | 'rights'>;
  #lease: LeaseId | undefined;
  /** Of the last grant: the TTL that it gives. */
  #granting: Promise<number>;
  #createdAtMs = 0;
  /** Before the last grant or renewal that succeeded was sent: it is alive for a TTL from here. */
  #aliveFromMs = 0;
  #isKept = false;

  constructor(
    parts: OwnLeaseParts,
    request: Pick<AcquireRequest, 'name' | 'owner' | 'labels'>,
    ttlSeconds: number,
    caller: Pick<Caller, 'user' | 'rights'>,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#ttlSeconds = ttlSeconds;
    this.#granting = Promise.resolve(ttlSeconds);
    this.#caller = caller;
  }

  async ready(): Promise<LeaseId> {
    const lease = this.#lease;
    if (lease !== undefined && (this.#isFresh() || (await this.#renew(lease)))) return lease;
    return this.#grant();
  }

  async record(): Promise<LeaseRecord> {
    const { kind, store } = this.#parts;
    const { name, owner, labels } = this.#request;
    const createdAtMs = this.#createdAtMs;
    const ttlSeconds = await ttlGranted(store, this.#ttlSeconds, this.#granting);
    const principal = this.#caller.rights?.ownerId;
    return { key: name, kind, owner, labels, ttlSeconds, createdAtMs, principal };
  }

  async ended(lease: LeaseId): Promise<void> {
    if (this.#lease === lease) await this.#granting;
    this.#forget(lease);
  }

  confirm(lease: LeaseId, waited: boolean): Promise<boolean> {
    return !waited && this.#isFresh() ? Promise.resolve(true) : this.#renew(lease);
  }

  attend(atFront: boolean): () => void {
    if (!atFront) return () => undefined;
    return repeat(this.#parts.clock, (this.#ttlSeconds * 1000) / 3, async () => {
      // If it has ended, the next try takes another.
      if (this.#lease !== undefined) await this.#renew(this.#lease);
    });
  }

  /** Before the last grant or renewal that succeeded was sent. */
  get aliveFromMs(): number {
    return this.#aliveFromMs;
  }

  use(): void {
    this.#isKept = true;
  }

  leave(): void {
    this.#isKept = true;
  }

  dropUnused(): void {
    const lease = this.#lease;
    if (this.#isKept || lease === undefined) return;
    this.#lease = undefined;
    this.#parts.census.dismiss(lease);
    const settled = this.#granting.catch(() => undefined);
    this.#parts.janitor.later(async () => {
      // A revocation that overtook the grant would find nothing to end.
      await settled;
      return this.#parts.store.revoke(lease);
    });
  }

  #isFresh(): boolean {
    return this.#parts.clock.now() - this.#aliveFromMs < (this.#ttlSeconds * 1000) / 2;
  }

  /** @returns false if it has ended. */
  async #renew(lease: LeaseId): Promise<boolean> {
    const sentAtMs = this.#parts.clock.now();
    const alive = (await this.#parts.store.renew(lease)) !== undefined;
    if (!alive) this.#forget(lease);
    else if (this.#lease === lease) this.#aliveFromMs = sentAtMs;
    return alive;
  }

  #forget(lease: LeaseId): void {
    if (this.#lease !== lease) return;
    this.#lease = undefined;
    this.#parts.census.dismiss(lease);
  }

  /** Not waited for: the store puts the transaction that uses it behind it. */
  #grant(): LeaseId {
    const lease = randomLeaseId();
    this.#parts.census.admit(lease, this.#caller, this.#ttlSeconds);
    // Known before it is granted: whatever becomes of the answer, `dropUnused` revokes it.
    this.#lease = lease;
    this.#createdAtMs = this.#parts.clock.wall();
    this.#aliveFromMs = this.#parts.clock.now();
    this.#granting = this.#parts.store.grant(lease, this.#ttlSeconds);
    // If it fails, the transaction that uses it does: with the same fault, or since there is no such lease.
    this.#granting.catch(() => undefined);
    return lease;
  }
}

/** Does it again and again, one at a time. A failure says nothing: it is done again at the next turn. */
function repeat(clock: Clock, periodMs: number, step: () => Promise<void>): () => void {
  let isStopped = false;
  let timer: Timer;
  const again = (): void => {
    timer = clock.timer(periodMs, () => {
      void step()
        .catch(() => undefined)
        .then(() => {
          if (!isStopped) again();
        });
    });
  };
  again();
  return () => {
    isStopped = true;
    timer.cancel();
  };
}
