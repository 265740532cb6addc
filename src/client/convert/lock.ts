import type { LeaseView } from '../../core/lease.js';
import type { HoldEnd, Holder, LockEvent, LockState, Waiter } from '../../core/lock.js';
import { labelsFrom, msFrom } from '../../protocol/convert/values.js';
import type { Holder__Output } from '../../protocol/generated/sharedlock/v1/Holder.js';
import type { HoldEnd__Output } from '../../protocol/generated/sharedlock/v1/HoldEnd.js';
import type { Lease__Output } from '../../protocol/generated/sharedlock/v1/Lease.js';
import type { Lock__Output } from '../../protocol/generated/sharedlock/v1/Lock.js';
import type { Waiter__Output } from '../../protocol/generated/sharedlock/v1/Waiter.js';
import type { WatchLockResponse__Output } from '../../protocol/generated/sharedlock/v1/WatchLockResponse.js';

/** What answers say alike of those who hold a lock, and of those who lead an election. */
type Holding = Pick<Holder, 'value' | 'labels' | 'ageMs' | 'remainingTtlSeconds'>;
/** And of those who wait. */
type Waiting = Pick<Waiter, 'position' | 'labels' | 'sinceMs'>;

/** Answers as the client's callers see them: `src/protocol/convert` the other way round. */
export function holderFrom(holder: Holder__Output): Holder {
  const { owner, mode, permits, valueOmitted } = holder;
  const fencingToken = Number(holder.fencingToken);
  const acquiredAtMs = msFrom(holder.acquiredAt);
  const known = { owner, mode, permits, fencingToken, acquiredAtMs, valueOmitted };
  return { ...known, ...holdingFrom(holder) };
}

export function holdingFrom(
  message: Pick<Holder__Output, 'value' | 'labels' | 'age' | 'remainingTtl'>,
): Holding {
  const remainingMs = msFrom(message.remainingTtl);
  return {
    value: message.value,
    labels: labelsFrom(message.labels),
    ageMs: msFrom(message.age),
    remainingTtlSeconds: remainingMs === undefined ? undefined : remainingMs / 1000,
  };
}

function waiterFrom(waiter: Waiter__Output): Waiter {
  const { owner, mode, permits } = waiter;
  return { owner, mode, permits, ...waitingFrom(waiter) };
}

export function waitingFrom({
  position,
  labels,
  since,
}: Pick<Waiter__Output, 'position' | 'labels' | 'since'>): Waiting {
  return { position, labels: labelsFrom(labels), sinceMs: msFrom(since) ?? 0 };
}

export function lockFrom(lock: Lock__Output): LockState {
  return {
    name: lock.name,
    holders: lock.holders.map(holderFrom),
    waiters: lock.waiters.map(waiterFrom),
    holderCount: lock.holderCount,
    waiterCount: lock.waiterCount,
    revision: Number(lock.revision),
  };
}

export function endFrom(end: HoldEnd__Output | null): HoldEnd {
  if (end?.cause === 'PREEMPTED') return { cause: 'PREEMPTED', reason: end.reason };
  return { cause: end?.cause ?? 'UNKNOWN' };
}

/** Undefined for an event of a kind that this client does not know yet. */
export function lockEventFrom(message: WatchLockResponse__Output): LockEvent | undefined {
  const { kind, lock, holder, waiter } = message;
  const revision = Number(message.revision);
  switch (kind) {
    case 'STATE':
    case 'RESYNC':
      return lock === null ? undefined : { kind, revision, lock: lockFrom(lock) };
    case 'ACQUIRED':
      return holder === null ? undefined : { kind, revision, holder: holderFrom(holder) };
    case 'RELEASED':
      if (holder === null) return undefined;
      return { kind, revision, holder: holderFrom(holder), end: endFrom(message.end) };
    case 'QUEUED':
    case 'DEQUEUED':
      return waiter === null ? undefined : { kind, revision, waiter: waiterFrom(waiter) };
    default:
      return undefined;
  }
}

export function leaseFrom(lease: Lease__Output): LeaseView {
  return {
    key: lease.key,
    owner: lease.owner,
    labels: labelsFrom(lease.labels),
    ttlSeconds: (msFrom(lease.ttl) ?? 0) / 1000,
    remainingTtlSeconds: (msFrom(lease.remainingTtl) ?? 0) / 1000,
    createdAtMs: msFrom(lease.createdAt),
    holds: lease.holds.map(({ name, mode }) => ({ name, mode })),
    // A daemon of an earlier version counts none, and names all.
    holdCount: Math.max(lease.holdCount, lease.holds.length),
    election: lease.election,
    leads: lease.leads,
    leadCount: Math.max(lease.leadCount, lease.leads.length),
  };
}
