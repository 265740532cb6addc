import type { Clock } from '../../../clock/clock.js';
import { randomLeaseId } from '../../../clock/random.js';
import { leaseNotFound } from '../../../core/errors.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { AcquireRequest, LockKind } from '../../../core/lock.js';
import type { Store } from '../../../store/store.js';
import type { Caller } from '../../caller.js';
import type { Janitor } from '../../janitor.js';
import type { LeaseCensus } from '../../lease/census.js';
import type { LeaseRecord } from '../../lease/record.js';
import { ttlGranted } from '../../ttl-granted.js';
import { repeat, type LockLease } from './lock-lease.js';

/** A lease that was renewed no longer ago counts as renewed now: as long as a request of the store may well take. */
const FULL_MS = 250;
const FULL_SHARE_OF_TTL = 20;

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
  #isGranted = false;
  #isOver = false;
  /** Never rejects. */
  #preparing: Promise<unknown> | undefined;
  /** Never rejects: if it fails, that says nothing. */
  #renewing: Promise<unknown> | undefined;

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
    await this.#preparing;
    return this.#makeReady();
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

  renewBeside(): void {
    // One that is just being granted needs it not, and might not be found.
    if (this.#lease === undefined || !this.#isGranted) return;
    this.#renewing = this.#renew(this.#lease).catch(() => undefined);
  }

  async confirm(lease: LeaseId, waited: boolean): Promise<boolean> {
    await this.#renewing;
    const isAlive = this.#lease === lease && (waited ? this.#isFull() : this.#isFresh());
    return isAlive || this.#renew(lease);
  }

  attend(atFront: boolean): () => void {
    if (!atFront) return () => undefined;
    // So that there is one when the caller's turn comes. If it fails, the next try says so.
    this.#preparing = this.#makeReady().catch(() => undefined);
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
    this.#isOver = true;
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

  async #makeReady(): Promise<LeaseId> {
    const lease = this.#lease;
    if (lease !== undefined && (this.#isFresh() || (await this.#renew(lease)))) return lease;
    // Nobody would drop it.
    if (this.#isOver) throw leaseNotFound();
    return this.#grant();
  }

  #isFresh(): boolean {
    return this.#agedMs() < (this.#ttlSeconds * 1000) / 2;
  }

  /** As if it had been renewed now. */
  #isFull(): boolean {
    return this.#agedMs() < Math.min(FULL_MS, (this.#ttlSeconds * 1000) / FULL_SHARE_OF_TTL);
  }

  #agedMs(): number {
    return this.#parts.clock.now() - this.#aliveFromMs;
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
    const granting = this.#parts.store.grant(lease, this.#ttlSeconds);
    this.#granting = granting;
    this.#isGranted = false;
    granting.then(
      () => (this.#isGranted = this.#granting === granting),
      // The transaction that uses it fails too: with the same fault, or since there is no such lease.
      () => undefined,
    );
    return lease;
  }
}
