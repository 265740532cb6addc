import { parseSelectors } from '../../core/labels.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  ForceReleaseOutcome,
  ForceReleaseRequest,
  Grant,
  Holder,
  ListLocksRequest,
  LockEvent,
  LockPage,
  LockState,
  ReleaseRequest,
  TokenCheck,
  Waiter,
  WatchLockRequest,
} from '../../core/lock.js';
import { invalid } from '../../core/errors.js';
import { checkVisible } from '../../core/visible.js';
import type { AcquireRequest__Output } from '../generated/sharedlock/v1/AcquireRequest.js';
import type { AcquireResponse } from '../generated/sharedlock/v1/AcquireResponse.js';
import type { CheckTokenRequest__Output } from '../generated/sharedlock/v1/CheckTokenRequest.js';
import type { CheckTokenResponse } from '../generated/sharedlock/v1/CheckTokenResponse.js';
import type { ForceReleaseRequest__Output } from '../generated/sharedlock/v1/ForceReleaseRequest.js';
import type { ForceReleaseResponse } from '../generated/sharedlock/v1/ForceReleaseResponse.js';
import type { Grant as WireGrant } from '../generated/sharedlock/v1/Grant.js';
import type { Holder as WireHolder } from '../generated/sharedlock/v1/Holder.js';
import type { ListLocksRequest__Output } from '../generated/sharedlock/v1/ListLocksRequest.js';
import type { ListLocksResponse } from '../generated/sharedlock/v1/ListLocksResponse.js';
import type { Lock as WireLock } from '../generated/sharedlock/v1/Lock.js';
import type { ReleaseRequest__Output } from '../generated/sharedlock/v1/ReleaseRequest.js';
import type { Waiter as WireWaiter } from '../generated/sharedlock/v1/Waiter.js';
import type { WatchLockRequest__Output } from '../generated/sharedlock/v1/WatchLockRequest.js';
import type { WatchLockResponse } from '../generated/sharedlock/v1/WatchLockResponse.js';
import { leaseIdFrom, optionalLeaseIdFrom, revisionFrom } from './numbers.js';
import { durationOf, labelsFrom, labelsOf, modeFrom, msFrom, remainingOf } from './values.js';

/** Domain requests of messages. All throw Fault INVALID_ARGUMENT for what only the wire can get wrong. */
export function acquireFrom(message: AcquireRequest__Output): AcquireRequest {
  return {
    name: checkVisible(message.name),
    mode: modeFrom(message.mode),
    permits: message.permits,
    limit: message.limit,
    lease: optionalLeaseIdFrom(message.leaseId),
    ttlMs: msFrom(message.ttl),
    waitMs: msFrom(message.wait) ?? 0,
    owner: message.owner,
    value: message.value,
    labels: labelsFrom(message.labels),
    requestId: message.requestId,
  };
}

export function releaseFrom(message: ReleaseRequest__Output): ReleaseRequest {
  return {
    name: message.name,
    lease: leaseIdFrom(message.leaseId),
    fencingToken: revisionFrom(message.fencingToken, 'fencing_token'),
    requestId: message.requestId,
    // By proto3 an empty text is none.
    grantRequestId: message.grantRequestId || undefined,
  };
}

export function forceReleaseFrom(message: ForceReleaseRequest__Output): ForceReleaseRequest {
  return {
    name: message.name,
    reason: message.reason,
    fencingToken: revisionFrom(message.fencingToken, 'fencing_token'),
    requestId: message.requestId,
  };
}

export function listLocksFrom(message: ListLocksRequest__Output): ListLocksRequest {
  return {
    prefix: message.prefix,
    selectors: parseSelectors(message.labels),
    contested: message.contested,
    pageSize: message.pageSize,
    pageToken: message.pageToken,
  };
}

export function watchLockFrom(message: WatchLockRequest__Output): WatchLockRequest {
  return { name: message.name, fromRevision: revisionFrom(message.fromRevision, 'from_revision') };
}

export function checkTokenFrom(message: CheckTokenRequest__Output): {
  readonly name: string;
  readonly fencingToken: number;
} {
  const fencingToken = revisionFrom(message.fencingToken, 'fencing_token');
  if (fencingToken === 0) throw invalid('fencing_token', 'is needed: 1 or more');
  return { name: message.name, fencingToken };
}

export function grantOf(grant: Grant): WireGrant {
  return {
    leaseId: grant.leaseId,
    fencingToken: grant.fencingToken,
    ttl: durationOf(grant.ttlSeconds * 1000),
  };
}

export function acquireOf(outcome: AcquireOutcome): AcquireResponse {
  return outcome.acquired
    ? { acquired: true, grant: grantOf(outcome.grant) }
    : { acquired: false, holders: outcome.holders.map(holderOf) };
}

export function forceReleaseOf(outcome: ForceReleaseOutcome): ForceReleaseResponse {
  return { released: outcome.released, holders: outcome.holders.map(holderOf) };
}

export function checkTokenOf(check: TokenCheck): CheckTokenResponse {
  return { current: check.current, currentToken: check.currentToken };
}

export function holderOf(holder: Holder): WireHolder {
  return {
    owner: holder.owner,
    mode: holder.mode,
    fencingToken: holder.fencingToken,
    value: holder.value,
    valueOmitted: holder.valueOmitted,
    labels: labelsOf(holder.labels),
    permits: holder.permits,
    acquiredAt: durationOf(holder.acquiredAtMs),
    age: durationOf(holder.ageMs),
    remainingTtl: remainingOf(holder.remainingTtlSeconds),
  };
}

export function lockOf(lock: LockState): WireLock {
  return {
    name: lock.name,
    held: lock.holderCount > 0,
    holders: lock.holders.map(holderOf),
    waiters: lock.waiters.map(waiterOf),
    holderCount: lock.holderCount,
    waiterCount: lock.waiterCount,
    revision: lock.revision,
  };
}

export function lockPageOf(page: LockPage): ListLocksResponse {
  return { locks: page.locks.map(lockOf), nextPageToken: page.nextPageToken };
}

export function lockEventOf(event: LockEvent): WatchLockResponse {
  const { kind, revision } = event;
  if ('lock' in event) return { kind, revision, lock: lockOf(event.lock) };
  if (event.kind === 'RELEASED') {
    return { kind, revision, holder: holderOf(event.holder), end: event.end };
  }
  if ('holder' in event) return { kind, revision, holder: holderOf(event.holder) };
  return { kind, revision, waiter: waiterOf(event.waiter) };
}

function waiterOf(waiter: Waiter): WireWaiter {
  return {
    position: waiter.position,
    owner: waiter.owner,
    mode: waiter.mode,
    permits: waiter.permits,
    labels: labelsOf(waiter.labels),
    since: durationOf(waiter.sinceMs),
  };
}
