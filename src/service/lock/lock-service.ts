import type { HoldEvent, HoldRequest } from '../../core/hold.js';
import { checkAcquire } from '../../core/lock.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  FencingToken,
  ForceReleaseOutcome,
  ForceReleaseRequest,
  Holder,
  ListLocksRequest,
  LockEvent,
  LockPage,
  LockState,
  ReleaseRequest,
  TokenCheck,
  WatchLockRequest,
} from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import { resolveTtlSeconds } from '../../core/ttl.js';
import type { Caller, CallOrigin } from '../caller.js';
import { acquire } from './acquire/acquire.js';
import { holdKey, HOLDERS_SHOWN } from './grant/grant-transaction.js';
import { SessionLease, type LockLease, type SessionLeaseParts } from './grant/lock-lease.js';
import { OwnLease } from './grant/own-lease.js';
import { hold, type HoldCaller, type HoldParts } from './hold/hold.js';
import { checkToken, inspect } from './inspect/inspect.js';
import { listLocks, type ListParts } from './inspect/list.js';
import { forceRelease, type ForceReleaseParts } from './release/force-release.js';
import { release, type ReleaseParts } from './release/release.js';
import { holdersOf, lookAt } from './state/view.js';
import { watchLock, type WatchParts } from './watch/watch.js';

/** What the operations on locks of one kind stand on: what each of them takes. */
export interface LockParts
  extends HoldParts, SessionLeaseParts, ReleaseParts, ForceReleaseParts, ListParts, WatchParts {}

/**
 * Locks: exclusive, shared, semaphores; first come, first served; each grant with a fencing token.
 * Every method throws Fault INVALID_ARGUMENT for a request that is out of bounds, and UNAVAILABLE if the
 * store does not answer.
 */
export class LockService {
  readonly #parts: LockParts;

  constructor(parts: LockParts) {
    this.#parts = parts;
  }

  /**
   * Takes a lock, at once or after waiting. That somebody else has it is an answer.
   * @throws Fault NOT_FOUND if the caller's lease has ended; DEADLINE_EXCEEDED or CANCELLED if the caller
   * stopped waiting; RESOURCE_EXHAUSTED if too many wait; ALREADY_EXISTS if the request id was used before.
   */
  async acquire(
    raw: AcquireRequest,
    caller: Caller,
    kind: 'acquire' | 'acquireWithLease' = 'acquire',
    ttl = this.#parts.ttl,
  ): Promise<AcquireOutcome> {
    const { limits, waiters, operations } = this.#parts;
    const checked = checkAcquire(raw, limits);
    const ttlSeconds = resolveTtlSeconds(checked.ttlMs, ttl);
    waiters.throwIfDraining();
    const usable = this.#usable(checked, caller);
    // At once where nothing is to be asked: callers who come together keep their order.
    const request = usable instanceof Promise ? await usable : usable;
    const held = this.#knownHolders(request) ?? (await this.#seenHolders(request));
    if (held !== undefined) return { acquired: false, holders: held };
    const lease = this.#leaseFor(request, ttlSeconds, caller);
    const operation = operations.begin(raw.requestId, kind, checked, caller);
    return acquire(this.#parts, request, caller, lease, operation);
  }

  /**
   * Takes a lock and holds it until the caller closes its side, or goes away. The stream throws the faults of `acquire`;
   * UNAVAILABLE, with the lock left as it is, when the daemon drains; and RESOURCE_EXHAUSTED if too many streams are
   * open, or the caller does not read.
   */
  hold(request: HoldRequest, caller: HoldCaller): AsyncIterable<HoldEvent> {
    return hold(this.#parts, request, caller);
  }

  /** Gives a lock back. @returns false if nobody held it. @throws Fault FAILED_PRECONDITION if it is not the lease's. */
  async release(request: ReleaseRequest, origin: CallOrigin = {}): Promise<boolean> {
    const lease = await this.#parts.leaseAccess.usable(request.lease, origin);
    const released = await release(this.#parts, request, lease, origin);
    if (released) this.#parts.leaseHolds.released(lease);
    const { name, grantRequestId: requestId } = request;
    if (requestId !== undefined) {
      this.#parts.keptPlaces.leave({ kind: this.#parts.kind, name, lease, requestId });
    }
    return released;
  }

  /** An operator takes a lock from its holders. Audited. */
  forceRelease(
    request: ForceReleaseRequest,
    origin: CallOrigin = {},
  ): Promise<ForceReleaseOutcome> {
    return forceRelease(this.#parts, request, origin);
  }

  /** Holders and waiters. A name that nobody uses is a lock that nobody holds. */
  async get(name: string): Promise<LockState> {
    checkName(name, this.#parts.limits.nameBytes);
    return inspect(this.#parts, name);
  }

  /** A page of the locks that are held or waited for. @throws Fault CANCELLED if the caller went away. */
  list(request: ListLocksRequest, caller: Caller): Promise<LockPage> {
    return listLocks(this.#parts, request, caller);
  }

  /**
   * Every change of a lock, once, in order. The stream ends when the caller goes away.
   * @throws Fault OUT_OF_RANGE if the revision to resume from is compacted; RESOURCE_EXHAUSTED if the
   * consumer is too slow, or too many watch.
   */
  watch(request: WatchLockRequest, caller: Caller): Promise<AsyncIterable<LockEvent>> {
    return watchLock(this.#parts, request, caller);
  }

  /** Whether a token is a holder's now. */
  checkToken(name: string, token: FencingToken): Promise<TokenCheck> {
    return checkToken(this.#parts, name, token);
  }

  /** By a lease that the caller may use. */
  #usable(request: AcquireRequest, caller: Caller): AcquireRequest | Promise<AcquireRequest> {
    if (request.lease === undefined) return request;
    const usable = this.#parts.leaseAccess.usable(request.lease, caller);
    return usable instanceof Promise
      ? usable.then((lease) => ({ ...request, lease }))
      : { ...request, lease: usable };
  }

  /** Those who hold the lock, as far as is remembered, for one who only tries. */
  #knownHolders(request: AcquireRequest): readonly Holder[] | undefined {
    return onlyTries(request) ? this.#parts.heldCache?.find(request.name) : undefined;
  }

  /** The same, as the store has it. Undefined too if it would probably be free, and is best tried at once. */
  async #seenHolders(request: AcquireRequest): Promise<readonly Holder[] | undefined> {
    const { likelyHeld, clock, heldCache, predecessors } = this.#parts;
    const { name } = request;
    if (!onlyTries(request) || !likelyHeld.has(name)) return undefined;
    const view = await lookAt(this.#parts, name, HOLDERS_SHOWN);
    predecessors.found(name, view);
    const holders = holdersOf(view, clock.wall());
    if (holders.length === 0) return predecessors.knownUntilMs(name) === undefined ? undefined : [];
    heldCache?.remember(name, holders, view.revision);
    return holders;
  }

  #leaseFor(request: AcquireRequest, ttlSeconds: number, caller: Caller): LockLease {
    const { lease } = request;
    if (lease !== undefined) {
      const key = holdKey(this.#parts.keys, request, lease);
      return new SessionLease(this.#parts, lease, key);
    }
    return new OwnLease(this.#parts, request, ttlSeconds, caller);
  }
}

/** For the lock as a whole, not by a lease that may be the holder's, and not as a request that may be repeated. */
function onlyTries({ mode, waitMs, lease, requestId }: AcquireRequest): boolean {
  return mode === 'EXCLUSIVE' && waitMs === 0 && lease === undefined && requestId === '';
}
