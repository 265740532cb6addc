import type { Clock } from '../../../clock/clock.js';
import { randomName } from '../../../clock/random.js';
import { Fault } from '../../../core/errors.js';
import type { LockKeys } from '../../../core/keys.js';
import type { Limits } from '../../../core/limits.js';
import type { AcquireRequest, LockKind } from '../../../core/lock.js';
import type { Put, Revision } from '../../../store/store.js';
import type { Caller, Rights } from '../../caller.js';
import type { DaemonLeases } from '../../daemon-leases.js';
import { putPlace, type Place } from '../grant/grant-transaction.js';
import type { KeptPlace, KeptPlaces, SameRequest } from './kept-places.js';
import type { PlaceGrant, LocalPlaces } from './local-places.js';
import type { OnPosition, QueuePositions } from './queue-positions.js';
import type { WaiterPool } from './waiter-pool.js';

/** What it takes to have a place in a queue. */
export interface QueuePlaceParts {
  readonly clock: Clock;
  readonly kind: LockKind;
  readonly keys: LockKeys;
  readonly limits: Limits;
  readonly daemonLeases: DaemonLeases;
  readonly waiters: WaiterPool;
  readonly places: LocalPlaces;
  readonly keptPlaces: KeptPlaces;
  readonly positions: QueuePositions;
}

/** A caller's place in a lock's queue, from before it may exist until it surely does not. */
export class QueuePlace {
  readonly #parts: QueuePlaceParts;
  readonly #request: AcquireRequest;
  #key: string | undefined;
  #place: Place | undefined;
  #matesBefore: readonly string[] = [];
  #isCounted = false;
  /** Whose share of the waiters it takes. */
  #user: string | undefined;
  readonly #rights: Rights | undefined;
  readonly #onPosition: OnPosition | undefined;
  #unfollow: (() => void) | undefined;

  /** `onPosition` is told where in the queue the place is, as long as there is one. */
  constructor(
    parts: QueuePlaceParts,
    request: AcquireRequest,
    { user, rights }: Pick<Caller, 'user' | 'rights'>,
    onPosition?: OnPosition,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#user = user;
    this.#rights = rights;
    this.#onPosition = onPosition;
  }

  /** Undefined while the caller has none. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Whether the caller would take a place, if it had to wait. */
  get isWanted(): boolean {
    return this.#request.waitMs > 0 && this.#place === undefined;
  }

  /** No other place is before the caller's (any more). */
  isFirst(): void {
    if (this.#place !== undefined) this.#place = { ...this.#place, isFirst: true };
  }

  /** The nearest place before the caller's among those that were taken together with it; undefined: all have gone. */
  get mateBefore(): string | undefined {
    return this.#matesBefore.findLast((key) => this.#parts.places.has(key));
  }

  /** The put that takes a place. */
  async put(id = randomName()): Promise<Put> {
    const { keys, clock, daemonLeases, places } = this.#parts;
    const lease = await daemonLeases.queue();
    const put = putPlace(keys, this.#request, id, lease, clock.wall());
    this.#abandon();
    this.#key = put.key;
    places.add(put.key);
    return put;
  }

  /** The transaction that had the put was applied. */
  taken(put: Put, done: { readonly succeeded: boolean; readonly revision: Revision }): void {
    if (done.succeeded) this.forget();
    else this.took({ key: put.key, revision: done.revision, isFirst: false });
  }

  /** It has the place. @param matesBefore places before it that were taken by the same transaction, and so have the same revision. */
  took(place: Place, matesBefore: readonly string[] = []): void {
    this.#place = place;
    this.#matesBefore = matesBefore;
    if (this.#onPosition === undefined) return;
    const { positions } = this.#parts;
    this.#unfollow = positions.follow(this.#request.name, place.key, this.#onPosition);
  }

  /** Goes on where the same request stood when its connection broke, if that is farther in front. */
  async adopt(): Promise<void> {
    const same = this.#same();
    const kept = same && this.#parts.keptPlaces.take(same);
    if (kept === undefined) return;
    const isBehind = this.#place !== undefined && this.#place.revision < kept.place.revision;
    if (isBehind || kept.mode !== this.#request.mode) {
      await kept.end();
      return;
    }
    await this.end();
    this.#goOnAt(kept);
  }

  /** Calls back when there is a place to adopt. @returns how to forget the callback. */
  onKept(callback: () => void): () => void {
    const same = this.#same();
    return same === undefined ? () => undefined : this.#parts.keptPlaces.onKept(same, callback);
  }

  /** Leaves the place to the same request for a while, if it is one of a lease of the caller's, which may ask again. */
  keep(): void {
    const same = this.#same();
    const place = this.#place;
    const matesBefore = this.#matesBefore;
    // What is not counted has no limit.
    if (same === undefined || place === undefined || !this.#isCounted) return;
    const user = this.#user;
    const left = new QueuePlace(this.#parts, this.#request, { user });
    left.#goOnAt({ place, matesBefore, user });
    this.#clear();
    this.#isCounted = false;
    const { mode } = this.#request;
    const kept = { place, matesBefore, user, mode, end: () => left.end() };
    this.#parts.keptPlaces.keep(same, kept);
  }

  /** Counts the caller among the waiters, once. @throws Fault RESOURCE_EXHAUSTED if there are too many. */
  admit(waitersOfLock: number): void {
    if (this.#isCounted) return;
    const limit = this.#parts.limits.waitersPerLock;
    if (waitersOfLock > limit) {
      throw new Fault(
        'RESOURCE_EXHAUSTED',
        `${limit} callers wait for this lock already; ask again later, or without wait`,
        { reason: 'QUEUE_FULL', retryAfterMs: 1000 },
      );
    }
    this.#parts.waiters.enter({ user: this.#user, rights: this.#rights });
    this.#isCounted = true;
  }

  /** The place is gone for sure: given up for the lock, or lapsed with the daemon's lease. */
  forget(grant?: PlaceGrant): void {
    if (this.#key !== undefined) this.#parts.places.remove(this.#key, grant);
    this.#clear();
  }

  /** Takes the place out of the queue, if there may be one; if the store can't do it now, it is done later. */
  async leave(): Promise<void> {
    const key = this.#key;
    if (key === undefined) return;
    if (this.#place === undefined) {
      // Whether the place was taken is not known, and it may yet be.
      this.#abandon();
      return;
    }
    const { places, keys } = this.#parts;
    await places.leave(keys.held(this.#request.name), key);
    this.#clear();
  }

  /** The caller does not wait any more. */
  async end(): Promise<void> {
    await this.leave();
    if (this.#isCounted) this.#parts.waiters.leave(this.#user);
    this.#isCounted = false;
  }

  /** Undefined: the lease is not the caller's own, and ends with the call. */
  #same(): SameRequest | undefined {
    const { name, lease, requestId } = this.#request;
    return lease && { kind: this.#parts.kind, name, lease, requestId };
  }

  /** At a place that was taken and counted before. */
  #goOnAt({ place, matesBefore, user }: Pick<KeptPlace, 'place' | 'matesBefore' | 'user'>): void {
    this.#key = place.key;
    this.#place = place;
    this.#matesBefore = matesBefore;
    // The same request may come from another address.
    this.#user = user;
    this.#isCounted = true;
  }

  #abandon(): void {
    if (this.#key !== undefined) this.#parts.places.abandon(this.#key);
    this.#clear();
  }

  #clear(): void {
    this.#place = undefined;
    this.#matesBefore = [];
    this.#key = undefined;
    this.#unfollow?.();
    this.#unfollow = undefined;
  }
}
