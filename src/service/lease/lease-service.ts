import { randomLeaseId } from '../../clock/random.js';
import { SHOWN_BYTES } from '../../core/answer-size.js';
import {
  invalid,
  isFault,
  leaseNotFound,
  leasePreempted,
  daemonStopping,
  type Fault,
} from '../../core/errors.js';
import { checkLabels } from '../../core/labels.js';
import { parseLeaseId, type LeaseId } from '../../core/lease-id.js';
import type {
  CreateLeaseRequest,
  LeaseEvent,
  LeasePage,
  LeaseView,
  ListLeasesRequest,
} from '../../core/lease.js';
import type { TtlBounds } from '../../core/limits.js';
import { checkRequestId, type AcquireOutcome } from '../../core/lock.js';
import { checkName, checkText } from '../../core/text.js';
import { resolveTtlSeconds } from '../../core/ttl.js';
import { exactly } from '../../store/store.js';
import { throwIfGone, type Caller, type CallOrigin } from '../caller.js';
import { grantEnded, type FirstOutcome, type Operation } from '../operation-log.js';
import { put, transact } from '../transaction.js';
import { ttlGranted } from '../ttl-granted.js';
import { listLeases } from './list.js';
import type { LeaseParts } from './parts.js';
import { readPreemption } from './preemption.js';
import { writeLeaseRecord } from './record.js';
import { revokeLease } from './revoke.js';
import { viewLease } from './view.js';
import { watchLease } from './watch.js';

/**
 * Leases. That of another principal is as unknown as one that has ended: see `LeaseAccess`. Every method throws Fault UNAVAILABLE if the
 * store does not answer: that says nothing of the lease.
 */
export class LeaseService {
  readonly #parts: LeaseParts;
  #draining = false;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** From now on no lease is created; those that exist are still renewed. */
  drain(): void {
    this.#draining = true;
  }

  /**
   * Creates a lease, and with a key takes the exclusive lock of that name with it. Never waits.
   * @param ttl bounds for this caller; default: the daemon's.
   * @throws Fault INVALID_ARGUMENT, RESOURCE_EXHAUSTED (too many leases), ALREADY_EXISTS (request id).
   */
  async create(
    request: CreateLeaseRequest,
    caller: Caller,
    ttl = this.#parts.ttl,
  ): Promise<AcquireOutcome> {
    const startedAtMs = this.#parts.clock.now();
    const seconds = (): number => (this.#parts.clock.now() - startedAtMs) / 1000;
    try {
      const outcome = await this.#create(request, caller, ttl);
      const status = outcome.acquired ? 'success' : 'held';
      this.#parts.telemetry.leaseOperation('create', status, seconds());
      return outcome;
    } catch (error) {
      this.#parts.telemetry.leaseOperation('create', 'failure', seconds());
      throw error;
    }
  }

  /**
   * Renews for the full TTL. @returns the TTL in seconds.
   * @throws Fault NOT_FOUND if the lease has ended, with reason PREEMPTED if an operator took the lock that it was
   * made for.
   */
  async keepAlive(named: LeaseId, origin: CallOrigin = {}): Promise<number> {
    const { store, clock, telemetry, leaseAccess } = this.#parts;
    const startedAtMs = clock.now();
    const seconds = (): number => (clock.now() - startedAtMs) / 1000;
    try {
      const usable = leaseAccess.usable(named, origin);
      const lease = usable instanceof Promise ? await usable : usable;
      const ttlSeconds = await store.renew(lease);
      if (ttlSeconds === undefined) throw await this.#goneFault(lease);
      telemetry.leaseOperation('renew', 'success', seconds());
      return ttlSeconds;
    } catch (error) {
      const status = isFault(error, 'NOT_FOUND') ? 'not_found' : 'failure';
      telemetry.leaseOperation('renew', status, seconds());
      throw error;
    }
  }

  /** Ends a lease now, and all that it holds. @returns false if it had ended before. */
  async revoke(named: LeaseId, origin: CallOrigin = {}): Promise<boolean> {
    const lease = await this.#parts.leaseAccess.usable(named, origin);
    const revoked = await revokeLease(this.#parts, lease);
    this.#parts.keptPlaces.leaveAll(lease);
    return revoked;
  }

  /** @throws Fault NOT_FOUND if the lease has ended. */
  async get(named: LeaseId, origin: CallOrigin = {}): Promise<LeaseView> {
    const lease = await this.#parts.leaseAccess.usable(named, origin);
    const { entries } = await this.#parts.store.read({
      range: exactly(this.#parts.layout.lease(lease)),
    });
    const view = await viewLease(this.#parts, lease, entries[0], SHOWN_BYTES);
    if (view === undefined) throw leaseNotFound();
    return view;
  }

  /**
   * Tells when the lease is in jeopardy, and when it is lost. Does not renew it. Ends when the caller goes away.
   * @throws Fault NOT_FOUND if it has ended; RESOURCE_EXHAUSTED if too many watch, or the caller does not read.
   */
  async watch(named: LeaseId, caller: Caller): Promise<AsyncIterable<LeaseEvent>> {
    const { store, clock, leaseAccess } = this.#parts;
    const lease = await leaseAccess.usable(named, caller);
    const askedAtMs = clock.now();
    const found = await store.inspectLease(lease);
    if (found === undefined) throw await this.#goneFault(lease);
    return watchLease(this.#parts, lease, found, askedAtMs, caller);
  }

  /** A page of the leases, oldest first. @throws Fault CANCELLED if the caller went away. */
  list(request: ListLeasesRequest, caller: Caller): Promise<LeasePage> {
    return listLeases(this.#parts, request, caller);
  }

  /** It has ended; if with a lock that an operator took away, that is the reason. */
  async #goneFault(lease: LeaseId): Promise<Fault> {
    const { store, layout } = this.#parts;
    try {
      const { entries } = await store.read({ range: exactly(layout.preempted(lease)) });
      const reason = readPreemption(entries[0], 0);
      return reason === undefined ? leaseNotFound() : leasePreempted(reason);
    } catch (error) {
      // That it has ended is known all the same.
      if (!isFault(error)) throw error;
      return leaseNotFound();
    }
  }

  #create(request: CreateLeaseRequest, caller: Caller, ttl: TtlBounds): Promise<AcquireOutcome> {
    if (this.#draining) throw daemonStopping('this daemon is about to stop; ask another one');
    if (request.key !== '') {
      const { key, ...rest } = request;
      checkName(key, this.#parts.limits.nameBytes, 'key');
      return this.#parts.locks.acquire(
        {
          ...rest,
          name: key,
          mode: 'EXCLUSIVE',
          permits: 1,
          limit: 0,
          lease: undefined,
          waitMs: 0,
        },
        caller,
        'acquireWithLease',
        ttl,
      );
    }
    return this.#createBare(request, caller, ttl);
  }

  async #createBare(
    request: CreateLeaseRequest,
    caller: Caller,
    ttl: TtlBounds,
  ): Promise<AcquireOutcome> {
    const { limits, store, clock, operations, census, janitor } = this.#parts;
    checkText(request.owner, limits.ownerBytes, 'owner');
    checkLabels(request.labels, limits);
    checkRequestId(request.requestId, limits);
    if (request.value !== '') throw invalid('value', 'only goes with key');
    const askedSeconds = resolveTtlSeconds(request.ttlMs, ttl);
    const operation = operations.begin(request.requestId, 'createLease', request, caller);
    const lease = randomLeaseId();
    census.admit(lease, caller, askedSeconds);
    let isWanted = false;
    const granting = store.grant(lease, askedSeconds);
    const settled = granting.catch(() => undefined);
    try {
      const recording = ttlGranted(store, askedSeconds, granting).then((ttlSeconds) =>
        this.#record(request, lease, ttlSeconds, operation, caller),
      );
      // If it was not granted, that is why there is no record.
      const first = await recording.finally(() => granting);
      if (first !== undefined) return await this.#replayed(first);
      if (operation.key === undefined) throwIfGone(caller, clock);
      isWanted = true;
      return granted(lease, await granting);
    } catch (error) {
      // What is not known to have failed may be found by the same request.
      isWanted = operation.key !== undefined && isFault(error, 'UNAVAILABLE');
      throw error;
    } finally {
      if (!isWanted) {
        census.dismiss(lease);
        janitor.later(async () => {
          // A revocation that overtook the grant would find nothing to end.
          await settled;
          return store.revoke(lease);
        });
      }
    }
  }

  /** @throws Fault NOT_FOUND (GRANT_ENDED) if the lease has ended since. */
  async #replayed(first: FirstOutcome): Promise<AcquireOutcome> {
    const lease = parseLeaseId(first.outcome.text('lease'));
    const ttlSeconds = await this.#parts.store.renew(lease);
    if (ttlSeconds === undefined) throw grantEnded();
    return granted(lease, ttlSeconds);
  }

  /** Says in the store what the lease is for; if the same request was made before, its first outcome. */
  async #record(
    { owner, labels }: CreateLeaseRequest,
    lease: LeaseId,
    ttlSeconds: number,
    operation: Operation,
    caller: Caller,
  ): Promise<FirstOutcome | undefined> {
    const { store, layout, clock, operations, sessions, leaseAccess } = this.#parts;
    const key = layout.lease(lease);
    const record = {
      key: '',
      kind: 'lock' as const,
      owner,
      labels,
      ttlSeconds,
      createdAtMs: clock.wall(),
      principal: caller.rights?.ownerId,
    };
    const recorded = put(key, writeLeaseRecord(record), lease);
    return operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      const done = await transact(store, {
        resource: operation.key ?? key,
        compare: recorder.compares,
        then: [recorded, ...recorder.records({ lease, ttlSeconds })],
        else: recorder.reads,
      });
      if (!done.succeeded) return recorder.replay(done);
      sessions.found(lease, record);
      leaseAccess.made(lease, record, caller);
      return undefined;
    });
  }
}

function granted(leaseId: LeaseId, ttlSeconds: number): AcquireOutcome {
  return { acquired: true, grant: { leaseId, fencingToken: 0, ttlSeconds } };
}
