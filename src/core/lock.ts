import { formatDuration } from './duration.js';
import { invalid } from './errors.js';
import { checkLabels, type Labels } from './labels.js';
import type { LeaseId } from './lease-id.js';
import type { Limits } from './limits.js';
import { checkName, checkText, checkValue } from './text.js';

/** The words of the wire, so that nothing is translated twice. */
export type LockMode = 'EXCLUSIVE' | 'SHARED' | 'SEMAPHORE';

/** What a lock is to its users: an election is an exclusive lock in a namespace of its own. */
export type LockKind = 'lock' | 'election';

/** What is held, for messages to people. */
export const HELD: Readonly<Record<LockKind, string>> = {
  lock: 'the lock',
  election: 'the leadership',
};

/**
 * The create revision of the key that a holder holds: for one name each is higher than all before it.
 * From 1, below 2^53.
 */
export type FencingToken = number;

/** Asks for a lock. */
export interface AcquireRequest {
  readonly name: string;
  readonly mode: LockMode;
  /** Permits to take of a semaphore; 1 for the other modes. */
  readonly permits: number;
  /** Permits that the semaphore has; 0 for the other modes. */
  readonly limit: number;
  /** The lease that shall hold the lock; undefined: the lock gets one of its own. */
  readonly lease: LeaseId | undefined;
  /** TTL of the lock's own lease; undefined: the default. */
  readonly ttlMs: number | undefined;
  /** How long to wait at most; 0: answer at once. */
  readonly waitMs: number;
  readonly owner: string;
  readonly value: string;
  readonly labels: Labels;
  /** Empty: none. */
  readonly requestId: string;
}

export interface Grant {
  readonly leaseId: LeaseId;
  /** 0 for a lease without a lock. */
  readonly fencingToken: FencingToken;
  readonly ttlSeconds: number;
}

/** Somebody else holding the lock is an answer, not a fault. */
export type AcquireOutcome =
  | { readonly acquired: true; readonly grant: Grant }
  /** No holders: only waiters are before the caller, or one whose lease was ended early, and who may not know it yet. */
  | { readonly acquired: false; readonly holders: readonly Holder[] };

export interface ReleaseRequest {
  readonly name: string;
  readonly lease: LeaseId;
  /** 0: whatever grant the lease has when this arrives. */
  readonly fencingToken: FencingToken;
  readonly requestId: string;
  /** Instead of the token: what the Acquire with this request id got, or would still get. */
  readonly grantRequestId?: string | undefined;
}

export interface ForceReleaseRequest {
  readonly name: string;
  readonly reason: string;
  /** 0: whoever holds it. */
  readonly fencingToken: FencingToken;
  readonly requestId: string;
}

/** What came of a forced release. */
export interface ForceReleaseOutcome {
  /** False if nobody held it. */
  readonly released: boolean;
  /** From whom it was taken. */
  readonly holders: readonly Holder[];
}

/** One that holds a lock. Never carries its lease ID. */
export interface Holder {
  /** Who asked for it; empty if that was not said. */
  readonly owner: string;
  readonly mode: LockMode;
  readonly fencingToken: FencingToken;
  /** What it stored with the lock. */
  readonly value: string;
  /** There is a value, and it is left out here: those of an answer have `SHOWN_VALUE_BYTES` in all. */
  readonly valueOmitted: boolean;
  readonly labels: Labels;
  /** How many it has of a semaphore; 1 for the other modes. */
  readonly permits: number;
  /** Wall clock, milliseconds since 1970; undefined if another program wrote the key. */
  readonly acquiredAtMs: number | undefined;
  /** How long it holds the lock, by the wall clocks of two daemons; undefined with acquiredAtMs. */
  readonly ageMs: number | undefined;
  /** Undefined if it was not asked for, or the key has no lease. */
  readonly remainingTtlSeconds: number | undefined;
}

/** One that waits in the queue of a lock. */
export interface Waiter {
  /** 1 is next. 0 in an event: the queue is not read again for it. */
  readonly position: number;
  /** Who asks; empty if that was not said. */
  readonly owner: string;
  readonly mode: LockMode;
  /** How many it asks for of a semaphore; 1 for the other modes. */
  readonly permits: number;
  readonly labels: Labels;
  /** Since when it waits: wall clock, milliseconds since 1970. */
  readonly sinceMs: number;
}

/** Who holds a lock, and who waits for it. */
export interface LockState {
  readonly name: string;
  /** At most the page size, 100 in a list, and `SHOWN_BYTES`; `holderCount` counts all. */
  readonly holders: readonly Holder[];
  /** In the order of the queue; as many as of the holders at most, `waiterCount` counts all. */
  readonly waiters: readonly Waiter[];
  readonly holderCount: number;
  readonly waiterCount: number;
  /** As of which this is. */
  readonly revision: number;
}

export interface ListLocksRequest {
  readonly prefix: string;
  readonly selectors: Labels;
  readonly contested: boolean;
  /** 0: the default of 100. */
  readonly pageSize: number;
  readonly pageToken: string;
}

/** One page of a list. */
export interface LockPage {
  readonly locks: readonly LockState[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

export interface WatchLockRequest {
  readonly name: string;
  /** Resume after this revision; 0: begin with the state of now. */
  readonly fromRevision: number;
}

/** How somebody ceased to hold a lock, as far as it can be told. */
export type HoldEnd =
  | {
      /**
       * RELEASED: given back, while the lease lived. EXPIRED: its lease ended, and nobody had asked this service for
       * that. REVOKED: somebody had. UNKNOWN: it can't be told any more. UNREACHABLE, of a loss only: no renewal
       * succeeded in time, and whether the lease still lives is not known.
       */
      readonly cause: 'RELEASED' | 'EXPIRED' | 'REVOKED' | 'UNKNOWN' | 'UNREACHABLE';
    }
  /** An operator took it away. */
  | { readonly cause: 'PREEMPTED'; readonly reason: string };

/**
 * What a watch of a lock tells. `revision`: resume after it. STATE comes first; RESYNC is a state too, where events were lost, and
 * what was told before no longer counts.
 */
export type LockEvent =
  | { readonly kind: 'STATE' | 'RESYNC'; readonly revision: number; readonly lock: LockState }
  | { readonly kind: 'ACQUIRED'; readonly revision: number; readonly holder: Holder }
  | {
      readonly kind: 'RELEASED';
      readonly revision: number;
      readonly holder: Holder;
      readonly end: HoldEnd;
    }
  | { readonly kind: 'QUEUED' | 'DEQUEUED'; readonly revision: number; readonly waiter: Waiter };

/** What is known of a fencing token. */
export interface TokenCheck {
  /** Whether the token is a holder's. */
  readonly current: boolean;
  /** The exclusive holder's token, or the highest of the others; 0 if nobody holds the lock. */
  readonly currentToken: FencingToken;
}

/**
 * Completes and checks a request for a lock: `permits` and `mode` follow from `limit`.
 * @throws Fault INVALID_ARGUMENT with the field, and what would be right.
 */
export function checkAcquire(request: AcquireRequest, limits: Limits): AcquireRequest {
  checkName(request.name, limits.nameBytes);
  checkText(request.owner, limits.ownerBytes, 'owner');
  checkValue(request.value, limits.lockValueBytes);
  checkLabels(request.labels, limits);
  checkRequestId(request.requestId, limits);
  if (request.waitMs < 0 || request.waitMs > limits.waitMs) {
    throw invalid('wait', `must be from 0s to ${formatDuration(limits.waitMs)}`);
  }
  if (request.lease !== undefined && request.ttlMs !== undefined) {
    throw invalid('ttl', "is for a lease of the lock's own; leave it out together with lease_id");
  }
  return { ...request, ...checkPermits(request, limits) };
}

function checkPermits(
  { mode, permits, limit }: AcquireRequest,
  limits: Limits,
): Pick<AcquireRequest, 'mode' | 'permits' | 'limit'> {
  if (limit === 0) {
    if (mode === 'SEMAPHORE')
      throw invalid('limit', 'is needed for a semaphore: how many permits it has');
    if (permits > 1) throw invalid('permits', 'only goes with limit');
    return { mode, permits: 1, limit };
  }
  if (mode === 'SHARED') throw invalid('mode', 'SHARED has no limit; leave out limit, or mode');
  if (limit > limits.semaphorePermits) {
    throw invalid('limit', `must be at most ${limits.semaphorePermits}`);
  }
  const taken = permits === 0 ? 1 : permits;
  if (taken > limit) throw invalid('permits', `must be at most limit, which is ${limit}`);
  return { mode: 'SEMAPHORE', permits: taken, limit };
}

/** @throws Fault INVALID_ARGUMENT if it is too long or not plain text. Empty means that there is none. */
export function checkRequestId(requestId: string, limits: Limits, field = 'request_id'): void {
  checkText(requestId, limits.requestIdBytes, field);
}
