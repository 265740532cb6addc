import type { Clock } from '../../../clock/clock.js';
import { isFault } from '../../../core/errors.js';
import type { KeyLayout } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { AcquireRequest } from '../../../core/lock.js';
import type { Put, Revision } from '../../../store/store.js';
import { throwIfGone, type Caller } from '../../caller.js';
import type { DaemonLeases } from '../../daemon-leases.js';
import type { KnownSessions } from '../../lease/known-sessions.js';
import type { Operation } from '../../operation-log.js';
import { transact } from '../../transaction.js';
import { grantOrWhyTransaction, grantTransaction } from '../grant/grant-transaction.js';
import type { Asking, Attempt, AttemptOutcome } from '../grant/grant-transaction.js';
import type { LockLease } from '../grant/lock-lease.js';
import type { Arrivals } from '../queue/arrivals.js';
import type { QueuePlace } from '../queue/queue-place.js';
import type { LikelyHeld } from '../state/likely-held.js';
import type { LockStore } from '../state/view.js';

export type Tried =
  | Exclude<AttemptOutcome, { kind: 'refused' }>
  /** It was not tried: this place of another caller of this daemon is before the caller's. */
  | { readonly kind: 'behind'; readonly place: string };

/** What it takes to try for a lock. */
export interface GrantTriesParts extends LockStore {
  readonly clock: Clock;
  readonly layout: KeyLayout;
  readonly daemonLeases: DaemonLeases;
  readonly sessions: KnownSessions;
  readonly arrivals: Arrivals;
  readonly likelyHeld: LikelyHeld;
}

/** The tries of one caller to take a lock: each is one transaction, or two where the first was too hopeful. */
export class GrantTries {
  readonly #parts: GrantTriesParts;
  readonly #request: AcquireRequest;
  readonly #caller: Caller;
  readonly #lease: LockLease;
  readonly #operation: Operation;
  readonly #place: QueuePlace;
  /** When the permits of a semaphore were counted; 0: none were seen. */
  countedAt: Revision = 0;
  /** The lock is probably free: then it is not worth its bytes to ask why not. */
  #isLikely: boolean;
  #wasGranted = false;

  constructor(
    parts: GrantTriesParts,
    request: AcquireRequest,
    caller: Caller,
    lease: LockLease,
    operation: Operation,
    place: QueuePlace,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#caller = caller;
    this.#lease = lease;
    this.#operation = operation;
    this.#place = place;
    this.#isLikely = !parts.likelyHeld.has(request.name);
  }

  /** What the caller waited for has gone. If it was at the front, nobody else is before it; but permits have to be counted. */
  unblocked(atFront: boolean): void {
    this.#isLikely = atFront && this.#request.mode !== 'SEMAPHORE';
  }

  /** Undefined: a lease had ended, ours, and is replaced. */
  async next(): Promise<Tried | undefined> {
    throwIfGone(this.#caller, this.#parts.clock);
    await this.#place.adopt();
    if (this.#place.isWanted) return this.#arrive();
    const place = this.#place.mateBefore;
    // It has the same revision, so the store can't tell who is first.
    if (place !== undefined) return { kind: 'behind', place };
    return this.#try();
  }

  /** The caller has no place yet. */
  async #arrive(): Promise<Tried | undefined> {
    const arrival = {
      request: this.#request,
      caller: this.#caller,
      operation: this.#operation,
      place: this.#place,
    };
    const found = await this.#parts.arrivals.arrive(arrival, () => this.#try());
    if (found === undefined || 'kind' in found) return found;
    this.#parts.likelyHeld.add(this.#request.name);
    return { kind: 'blocked', blocked: found };
  }

  /** Undefined: as `next`. */
  async #try(): Promise<Tried | undefined> {
    if (this.#isLikely) {
      this.#isLikely = false;
      const tried = await this.#ask(grantTransaction);
      if (tried?.kind !== 'refused') return tried;
      // Nothing was done. It is asked again as if for the first time, and by the next who come too.
      this.#parts.likelyHeld.add(this.#request.name);
    }
    const tried = await this.#ask(grantOrWhyTransaction);
    if (tried?.kind === 'refused') throw new TypeError('it was asked why');
    return tried;
  }

  async #ask(
    transaction: (attempt: Attempt) => Asking<AttemptOutcome>,
  ): Promise<AttemptOutcome | undefined> {
    const { store, clock, sessions } = this.#parts;
    throwIfGone(this.#caller, clock);
    const lease = await this.#lease.ready();
    if (this.#place.place !== undefined) this.#lease.renewBeside();
    const asksWhy = transaction === grantOrWhyTransaction;
    const newPlace = asksWhy && this.#place.isWanted ? await this.#place.put() : undefined;
    const attempt = await this.#attempt(lease, newPlace);
    try {
      const { draft, outcomeOf } = transaction(attempt);
      const done = await transact(store, draft);
      if (newPlace !== undefined) this.#place.taken(newPlace, done);
      const outcome = outcomeOf(done);
      if (outcome.kind === 'granted') {
        this.#wasGranted = true;
        if (attempt.ownLease === undefined) sessions.found(lease, outcome.record);
      }
      return outcome;
    } catch (error) {
      if (!isFault(error, 'NOT_FOUND')) throw error;
      // Nothing was applied: a place that the caller had before is still there.
      if (newPlace !== undefined) this.#place.forget();
      await this.#findEnded(lease);
      return undefined;
    }
  }

  async #attempt(lease: LeaseId, newPlace: Put | undefined): Promise<Attempt> {
    const { clock, layout, keys, sessions } = this.#parts;
    const ownLease = await this.#lease.record();
    return {
      layout,
      keys,
      request: this.#request,
      lease,
      ownLease,
      session: ownLease === undefined ? sessions.find(lease) : undefined,
      isNewLease: ownLease !== undefined && !this.#wasGranted,
      place: this.#place.place,
      newPlace,
      countedAt: this.countedAt,
      recorder: await this.#operation.recorder(),
      wallMs: clock.wall(),
    };
  }

  /** A put named a lease that has ended: the lock's, or one of the daemon's own. @throws as `LockLease.ended`. */
  async #findEnded(lease: LeaseId): Promise<void> {
    if ((await this.#parts.store.inspectLease(lease)) === undefined) await this.#lease.ended(lease);
    else await this.#parts.daemonLeases.replaceEnded();
  }
}
