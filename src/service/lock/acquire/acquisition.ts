import { sleep } from '../../../clock/clock.js';
import { Fault, isFault, leaseNotFound } from '../../../core/errors.js';
import { parseLeaseId, type LeaseId } from '../../../core/lease-id.js';
import { HELD } from '../../../core/lock.js';
import type { AcquireOutcome, AcquireRequest, FencingToken } from '../../../core/lock.js';
import type { ServiceTelemetry } from '../../../telemetry/service-telemetry.js';
import { hasBroken, isGone, throwIfGone, type Caller } from '../../caller.js';
import type { LeaseAccess } from '../../lease/lease-access.js';
import { grantEnded, tokenOf, type FirstOutcome, type Operation } from '../../operation-log.js';
import { transact } from '../../transaction.js';
import { holdKey, HOLDERS_SHOWN } from '../grant/grant-transaction.js';
import type { AttemptOutcome, Blocked } from '../grant/grant-transaction.js';
import type { LockLease } from '../grant/lock-lease.js';
import { becomeSession, becomeSessionLate, type MakeSessionParts } from '../grant/own-lease-end.js';
import { giveBack, reassert, tellAgain, type RegrantParts } from '../grant/regrant.js';
import { QueuePlace, type QueuePlaceParts } from '../queue/queue-place.js';
import type { OnPosition } from '../queue/queue-positions.js';
import type { HeldCache } from '../state/held-cache.js';
import type { RecentGrants } from '../state/recent-grants.js';
import { holdersOf, lookAt, viewQuery, type LockView } from '../state/view.js';
import { blockerOf, type Blocker } from './blocker.js';
import { GrantTries, type GrantTriesParts } from './grant-tries.js';
import { Waiting, type WaitingParts } from './waiting.js';

type Granted = Extract<AttemptOutcome, { kind: 'granted' }>;

/** Tries that may fail in a row for a reason of ours: a lapsed lease, permits taken since they were counted. */
const MAX_TRIES = 50;
/** A pause before the nth such try, so that daemons that count the same permits do not keep step. */
const PAUSE_MS = 2;

/** What one caller's way to a lock takes: what its steps take, and who is to know of a grant or a refusal. */
export interface AcquisitionParts
  extends GrantTriesParts, QueuePlaceParts, WaitingParts, RegrantParts, MakeSessionParts {
  readonly leaseAccess: LeaseAccess;
  readonly recentGrants: RecentGrants;
  /** Undefined unless it is switched on. */
  readonly heldCache: HeldCache | undefined;
  readonly telemetry: ServiceTelemetry;
}

/**
 * One caller's way to a lock:
 *
 *     trying ─ free ─────────────────▶ granted
 *       │  ▲
 *       │  └─ what it waited for went ─┐
 *       └─ taken ─▶ waiting ───────────┘
 *                      ├─ wait over, caller gone, deadline, drain ─▶ out of the queue
 *                      └─ connection broken ─▶ out of it soon, unless the same request goes on there
 *
 * However it ends, it leaves no place behind, and no lease of ours that holds a lock nobody heard of; but a request
 * with an id may be repeated, and finds its grant until the lease's TTL is over.
 */
export class Acquisition {
  readonly #parts: AcquisitionParts;
  readonly #request: AcquireRequest;
  readonly #caller: Caller;
  readonly #lease: LockLease;
  readonly #operation: Operation;
  readonly #place: QueuePlace;
  readonly #waiting: Waiting;
  readonly #tries: GrantTries;

  constructor(
    parts: AcquisitionParts,
    request: AcquireRequest,
    caller: Caller,
    lease: LockLease,
    operation: Operation,
    onPosition?: OnPosition,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#caller = caller;
    this.#lease = lease;
    this.#operation = operation;
    this.#place = new QueuePlace(parts, request, caller, onPosition);
    this.#waiting = new Waiting(parts, request, caller, lease, this.#place);
    this.#tries = new GrantTries(parts, request, caller, lease, operation, this.#place);
  }

  async run(): Promise<AcquireOutcome> {
    try {
      return await this.#acquire();
    } catch (error) {
      // What is not known to have failed may be found by the same request.
      if (this.#operation.key !== undefined && isFault(error, 'UNAVAILABLE')) this.#lease.leave();
      if (isFault(error, 'CANCELLED') && hasBroken(this.#caller)) this.#place.keep();
      throw error;
    } finally {
      this.#lease.dropUnused();
      await this.#place.end();
    }
  }

  async #acquire(): Promise<AcquireOutcome> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const tried = await this.#tries.next();
      if (tried?.kind === 'granted') {
        const granted = await this.#confirm(tried);
        if (granted !== undefined) return granted;
      } else if (tried?.kind === 'behind') {
        const waited = await this.#waiting.behind(tried.place);
        if (waited === 'over') return this.#notAcquired();
        this.#tries.unblocked(waited === 'free');
        tries = 0;
        continue;
      } else if (tried !== undefined) {
        this.#parts.predecessors.found(this.#request.name, tried.blocked.view);
        const known = await this.#knownOutcome(tried.blocked);
        if (known !== undefined) return known;
        const blocker = this.#blocker(tried.blocked);
        if (blocker !== undefined) {
          const waited = await this.#waiting.forBlocker(blocker, tried.blocked);
          if (waited === 'over') return this.#notAcquired(tried.blocked.view);
          this.#tries.unblocked(waited === 'free');
          tries = 0;
          continue;
        }
      }
      if (tries > 1) await sleep(this.#parts.clock, PAUSE_MS * tries, this.#caller.signal);
    }
    throw new Fault(
      'ABORTED',
      `${HELD[this.#parts.kind]} changed hands too often while it was asked for; ask again`,
    );
  }

  /** The lock is ours: is it still worth having? Undefined: its lease ended meanwhile, so it is not. */
  async #confirm(granted: Granted): Promise<AcquireOutcome | undefined> {
    const { clock, telemetry, likelyHeld, predecessors } = this.#parts;
    const { lease, token, record } = granted;
    this.#place.forget(this.#request.mode === 'EXCLUSIVE' ? { lease, token } : undefined);
    const others = await this.#waiting.forPredecessors(lease).catch(async (error: unknown) => {
      if (this.#operation.key === undefined) await this.#giveBack(lease, token);
      else this.#lease.leave();
      throw error;
    });
    if (others === 'remain') {
      if (!(await this.#giveBack(lease, token))) return undefined;
      return this.#refused(await lookAt(this.#parts, this.#request.name, HOLDERS_SHOWN));
    }
    if (others === 'gone' && !(await this.#tellAgain(lease, token))) return undefined;
    if (!(await this.#lease.confirm(lease, this.#waiting.hasWaited))) return undefined;
    if (this.#request.lease !== undefined) await becomeSession(this.#parts, granted);
    const ttlSeconds = record?.ttlSeconds ?? (await this.#ttlOf(lease));
    if (isGone(this.#caller) && this.#operation.key === undefined) {
      await this.#giveBack(lease, token);
      throwIfGone(this.#caller, clock);
    }
    const grant = { leaseId: lease, fencingToken: token, ttlSeconds };
    if (record !== undefined) predecessors.granted(this.#request, grant);
    this.#remember(granted);
    likelyHeld.granted(this.#request, this.#waiting.hasWaited);
    telemetry.lockWaited(this.#waiting.seconds);
    this.#lease.use();
    return { acquired: true, grant };
  }

  /** For the release. */
  #remember({ token, lease, record, recordRevision, acquiredAtMs }: Granted): void {
    const { keys, recentGrants, leaseAccess } = this.#parts;
    const key = holdKey(keys, this.#request, lease);
    const recorded = { lease, record, recordRevision };
    if (record !== undefined) leaseAccess.made(lease, record, this.#caller);
    recentGrants.granted(this.#request.name, { key, token, acquiredAtMs, recorded });
  }

  /** What needs no waiting: the same request's first outcome, or that the lease has the lock already. */
  async #knownOutcome(blocked: Blocked): Promise<AcquireOutcome | undefined> {
    const { first, leaseEnding, mine, view } = blocked;
    if (first !== undefined) return this.#replayed(first, view);
    if (leaseEnding) throw leaseNotFound();
    if (mine?.lease === undefined) return undefined;
    if ((await this.#waiting.forPredecessors(mine.lease)) === 'remain') return this.#refused(view);
    if (!(await reassert(this.#parts, this.#request, mine, this.#operation))) return undefined;
    await becomeSessionLate(this.#parts, this.#request.name, mine.lease);
    return acquired(mine.lease, mine.createRevision, await this.#ttlOf(mine.lease));
  }

  /** @throws Fault NOT_FOUND (GRANT_ENDED) if the first outcome was a grant that nobody holds any more. */
  async #replayed(first: FirstOutcome, view: LockView): Promise<AcquireOutcome> {
    const lease = first.outcome.text('lease');
    if (lease === '') return this.#refused(view);
    const leaseId = parseLeaseId(lease);
    const token = tokenOf(first);
    const others = await this.#waiting.forPredecessors(leaseId);
    if (others === 'remain' && (await this.#giveBack(leaseId, token))) return this.#refused(view);
    const isStillHeld = await this.#tellAgain(leaseId, token, first);
    const ttlSeconds = isStillHeld ? await this.#parts.store.renew(leaseId) : undefined;
    if (ttlSeconds === undefined) throw grantEnded();
    await becomeSessionLate(this.#parts, this.#request.name, leaseId);
    return acquired(leaseId, token, ttlSeconds);
  }

  #blocker(blocked: Blocked): Blocker | undefined {
    if (blocked.placeLost) {
      this.#place.forget();
      return undefined;
    }
    const blocker = blockerOf(this.#parts.keys, this.#request, blocked);
    // A count is good for one try: permits that are given back while we sleep are counted anew.
    this.#tries.countedAt = blocker === undefined ? blocked.view.revision : 0;
    return blocker;
  }

  #giveBack(lease: LeaseId, token: FencingToken): Promise<boolean> {
    return giveBack(this.#parts, this.#request, lease, token, this.#operation);
  }

  #tellAgain(lease: LeaseId, token: FencingToken, first?: FirstOutcome): Promise<boolean> {
    return tellAgain(this.#parts, this.#request, lease, token, this.#operation, first);
  }

  /** Records that the lock was not acquired, if the request has an id, and says who holds it now. `view` was the last look. */
  async #notAcquired(view?: LockView): Promise<AcquireOutcome> {
    const isRecorded = this.#operation.key !== undefined;
    if (view !== undefined && !this.#waiting.hasWaited && !isRecorded) return this.#refused(view);
    await this.#place.leave();
    const { store, keys, operations } = this.#parts;
    const query = viewQuery(keys, this.#request.name, HOLDERS_SHOWN);
    return operations.retryEnded(async () => {
      const recorder = await this.#operation.recorder();
      const done = await transact(store, {
        resource: keys.held(this.#request.name),
        compare: recorder.compares,
        then: [...query.reads, ...recorder.records({ acquired: false })],
        else: [...query.reads, ...recorder.reads],
      });
      const view = query.found(done);
      const first = done.succeeded ? undefined : recorder.replay(done);
      return first === undefined ? this.#refused(view) : this.#replayed(first, view);
    });
  }

  #refused(view: LockView): AcquireOutcome {
    const { clock, heldCache, likelyHeld } = this.#parts;
    const { name } = this.#request;
    const holders = holdersOf(view, clock.wall());
    likelyHeld.add(name);
    heldCache?.remember(name, holders, view.revision);
    return { acquired: false, holders };
  }

  async #ttlOf(lease: LeaseId): Promise<number> {
    const state = await this.#parts.store.inspectLease(lease);
    if (state === undefined) throw leaseNotFound();
    return state.ttlSeconds;
  }
}

function acquired(
  leaseId: LeaseId,
  fencingToken: FencingToken,
  ttlSeconds: number,
): AcquireOutcome {
  return { acquired: true, grant: { leaseId, fencingToken, ttlSeconds } };
}
