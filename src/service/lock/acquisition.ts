import { Fault, isFault, leaseNotFound } from '../../core/errors.js';
import { parseLeaseId, type LeaseId } from '../../core/lease-id.js';
import type { AcquireOutcome, AcquireRequest, FencingToken } from '../../core/lock.js';
import { readAt, type Revision } from '../../store/store.js';
import { throwIfGone, type Caller } from '../caller.js';
import type { LeaseRecord } from '../lease/record.js';
import type { FirstOutcome, RecordedOperation } from '../operation-log.js';
import { blockerOf, type Blocker } from './blocker.js';
import { attemptOutcome, grantTransaction, HOLDERS_SHOWN } from './grant-transaction.js';
import type { Attempt, AttemptOutcome, Blocked } from './grant-transaction.js';
import type { LockLease } from './lock-lease.js';
import type { LockParts } from './parts.js';
import { QueuePlace } from './queue-place.js';
import { giveBack, reassert } from './regrant.js';
import { holdersOf, VIEW_READS, viewAt, viewReads, type LockView } from './view.js';
import { draining } from './waiter-pool.js';
import { sleepUntil, type Wake } from './wake.js';

/** Tries that may fail in a row for a reason of ours: a lapsed lease, permits taken since they were counted. */
const MAX_TRIES = 20;

/**
 * One caller's way to a lock:
 *
 *     trying ─ free ─────────────────▶ granted
 *       │  ▲
 *       │  └─ what it waited for went ─┐
 *       └─ taken ─▶ waiting ───────────┘
 *                      └─ wait over, caller gone, deadline, drain ─▶ out of the queue
 *
 * However it ends, it leaves no place, no lease and no lock that nobody heard of behind.
 */
export class Acquisition {
  readonly #parts: LockParts;
  readonly #request: AcquireRequest;
  readonly #caller: Caller;
  readonly #lease: LockLease;
  readonly #operation: RecordedOperation | undefined;
  readonly #place: QueuePlace;
  readonly #startedAtMs: number;
  /** When the permits of a semaphore were counted. */
  #countedAt: Revision = 0;
  #slept = false;

  constructor(
    parts: LockParts,
    request: AcquireRequest,
    caller: Caller,
    lease: LockLease,
    operation: RecordedOperation | undefined,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#caller = caller;
    this.#lease = lease;
    this.#operation = operation;
    this.#place = new QueuePlace(parts, request);
    this.#startedAtMs = parts.clock.now();
  }

  async run(): Promise<AcquireOutcome> {
    try {
      return await this.#acquire();
    } finally {
      this.#lease.dropUnused();
      await this.#place.leave();
      this.#place.uncount();
    }
  }

  async #acquire(): Promise<AcquireOutcome> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const tried = await this.#try();
      if (tried === undefined) continue;
      if (tried.kind === 'granted') {
        const granted = await this.#confirm(tried.token, tried.lease);
        if (granted !== undefined) return granted;
        continue;
      }
      const known = await this.#knownOutcome(tried.blocked);
      if (known !== undefined) return known;
      const blocker = this.#blocker(tried.blocked);
      if (blocker === undefined) continue;
      if (this.#request.waitMs === 0) return this.#notAcquired();
      this.#place.admit(tried.blocked.waiterCount);
      const wake = await this.#sleep(blocker, tried.blocked.view.revision);
      if (wake === 'wait-over') return this.#notAcquired();
      if (wake !== 'changed') throw faultOf(wake);
      tries = 0;
    }
    throw new Fault(
      'ABORTED',
      'the lock changed hands too often while it was asked for; ask again',
    );
  }

  /** Undefined: a lease of ours had ended, and was replaced. */
  async #try(): Promise<AttemptOutcome | undefined> {
    const { store, clock, layout, keys } = this.#parts;
    throwIfGone(this.#caller, clock);
    const lease = await this.#lease.ready();
    const attempt: Attempt = {
      layout,
      keys,
      request: this.#request,
      lease,
      ownLease: this.#lease.record(),
      place: this.#place.place,
      ticket: await this.#place.ticket(),
      countedAt: this.#countedAt,
      operation: this.#operation,
      wallMs: clock.wall(),
    };
    try {
      const outcome = await store.transact(grantTransaction(attempt));
      if (attempt.ticket !== undefined) this.#place.settle(attempt.ticket, outcome);
      return attemptOutcome(attempt, outcome);
    } catch (error) {
      if (!isFault(error, 'NOT_FOUND')) throw error;
      if (!(await this.#parts.daemonLeases.replaceEnded())) this.#lease.ended();
      return undefined;
    }
  }

  /** The lock is ours: is it still worth having? Undefined: the lease ended while we waited, so it is not. */
  async #confirm(
    token: Revision,
    record: LeaseRecord | undefined,
  ): Promise<AcquireOutcome | undefined> {
    const { clock, telemetry } = this.#parts;
    const leaseId = await this.#lease.ready();
    this.#place.forget();
    if (this.#caller.signal.aborted && this.#operation === undefined) {
      await giveBack(this.#parts, this.#request, leaseId, token);
      throwIfGone(this.#caller, clock);
    }
    if (this.#slept && !(await this.#lease.refresh())) return undefined;
    telemetry.lockWaited((clock.now() - this.#startedAtMs) / 1000);
    const ttlSeconds = record?.ttlSeconds ?? (await this.#ttlOf(leaseId));
    this.#lease.use();
    return this.#acquired(leaseId, token, ttlSeconds);
  }

  /** What needs no waiting: the same request's first outcome, or that the lease has the lock already. */
  async #knownOutcome(blocked: Blocked): Promise<AcquireOutcome | undefined> {
    const first = this.#operation?.replay(blocked.recorded);
    if (first !== undefined) return this.#replayed(first, blocked.view);
    const { mine } = blocked;
    if (mine?.lease === undefined || !(await reassert(this.#parts, this.#request.name, mine))) {
      return undefined;
    }
    return this.#acquired(mine.lease, mine.createRevision, await this.#ttlOf(mine.lease));
  }

  async #replayed(first: FirstOutcome, view: LockView): Promise<AcquireOutcome> {
    const lease = first.outcome.text('lease');
    if (lease === '') return this.#refused(view);
    const leaseId = parseLeaseId(lease);
    const ttlSeconds = first.outcome.number('ttlSeconds') ?? (await this.#ttlOf(leaseId));
    return this.#acquired(leaseId, first.revision, ttlSeconds);
  }

  #blocker(blocked: Blocked): Blocker | undefined {
    if (blocked.placeLost) {
      this.#place.forget();
      return undefined;
    }
    const blocker = blockerOf(this.#parts.keys, this.#request, blocked);
    // A count is good for one try: permits that are given back while we sleep are counted anew.
    this.#countedAt = blocker === undefined ? blocked.view.revision : 0;
    return blocker;
  }

  async #sleep(blocker: Blocker, since: Revision): Promise<Wake> {
    this.#slept = true;
    const { store, clock, waiters } = this.#parts;
    const letGo = blocker.atFront ? this.#lease.keep() : undefined;
    try {
      return await sleepUntil(store, clock, {
        blocker: blocker.range,
        count: blocker.count,
        since,
        waitUntilMs: this.#startedAtMs + this.#request.waitMs,
        deadlineMs: this.#caller.deadlineMs,
        gone: this.#caller.signal,
        onDrain: (wake) => waiters.onDrain(wake),
      });
    } finally {
      letGo?.();
    }
  }

  /** Records that the lock was not acquired, if the request has an id, and says who holds it now. */
  async #notAcquired(): Promise<AcquireOutcome> {
    await this.#place.leave();
    const { store, keys } = this.#parts;
    const reads = viewReads(keys, this.#request.name, HOLDERS_SHOWN);
    const operation = this.#operation;
    const outcome = await store.transact({
      resource: keys.held(this.#request.name),
      compare: operation === undefined ? [] : [operation.unrecorded],
      then: [...reads, ...(operation === undefined ? [] : [operation.record({ acquired: false })])],
      else: [...reads, ...(operation === undefined ? [] : [operation.read])],
    });
    const view = viewAt(outcome, 0);
    const recorded = outcome.succeeded ? undefined : readAt(outcome, VIEW_READS).entries[0];
    const first = operation?.replay(recorded);
    return first === undefined ? this.#refused(view) : this.#replayed(first, view);
  }

  #acquired(leaseId: LeaseId, fencingToken: FencingToken, ttlSeconds: number): AcquireOutcome {
    return { acquired: true, grant: { leaseId, fencingToken, ttlSeconds } };
  }

  #refused(view: LockView): AcquireOutcome {
    const holders = holdersOf(view, this.#parts.clock.wall());
    this.#parts.heldCache?.remember(this.#request.name, holders, view.revision);
    return { acquired: false, holders };
  }

  async #ttlOf(lease: LeaseId): Promise<number> {
    const state = await this.#parts.store.inspectLease(lease);
    if (state === undefined) throw leaseNotFound();
    return state.ttlSeconds;
  }
}

function faultOf(wake: Exclude<Wake, 'changed' | 'wait-over'>): Fault {
  switch (wake) {
    case 'deadline':
      return new Fault('DEADLINE_EXCEEDED', 'the deadline passed while waiting for the lock');
    case 'gone':
      return new Fault('CANCELLED', 'the caller went away while waiting for the lock');
    case 'draining':
      return draining();
  }
}
