import type { KeyLayout, LockKeys } from '../../core/keys.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest } from '../../core/lock.js';
import { absent, createdAt, exactly, prefixed, readAt } from '../../store/store.js';
import type {
  Compare,
  Delete,
  Entry,
  Operation,
  Outcome,
  Put,
  Read,
  Revision,
} from '../../store/store.js';
import type { Transaction } from '../../store/store.js';
import { readLeaseRecord, writeLeaseRecord, type LeaseRecord } from '../lease/record.js';
import type { FirstOutcome, Recorder } from '../operation-log.js';
import { writeHolder, writeWaiter } from './records.js';
import { VIEW_READS, viewAt, viewReads, type LockView } from './view.js';

/** A place in a lock's queue. */
export interface Place {
  readonly key: string;
  /** Its create revision: lower ones are before it. */
  readonly revision: Revision;
}

/** One try to take a lock. */
export interface Attempt {
  readonly layout: KeyLayout;
  readonly keys: LockKeys;
  readonly request: AcquireRequest;
  readonly lease: LeaseId;
  /** What to record of the lease, if it is the lock's own. */
  readonly ownLease: LeaseRecord | undefined;
  /** The place that the caller waits at; undefined: it has just come. */
  readonly place: Place | undefined;
  /** The place to take if the lock is taken; undefined: none. */
  readonly newPlace: Put | undefined;
  /** Semaphore: the permits in use were counted at this revision; 0: none were seen. */
  readonly countedAt: Revision;
  readonly recorder: Recorder;
  readonly wallMs: number;
}

export type AttemptOutcome =
  | {
      readonly kind: 'granted';
      readonly token: Revision;
      readonly lease: LeaseId;
      /** What is recorded of the lease, as the transaction found or wrote it, and when that was written. */
      readonly record: LeaseRecord | undefined;
      readonly recordRevision: Revision;
    }
  | { readonly kind: 'blocked'; readonly blocked: Blocked };

/** Why the lock was not granted: what was there at `view.revision`. */
export interface Blocked {
  readonly view: LockView;
  /** The key by which the caller's lease holds the lock already. */
  readonly mine: Entry | undefined;
  /** The waiter directly before the caller, or before a newcomer. */
  readonly predecessor: Entry | undefined;
  /** All waiters, the caller among them if it waits. */
  readonly waiterCount: number;
  /** The place is gone: the daemon's lease lapsed. */
  readonly placeLost: boolean;
  /** The lease takes no new locks: it is about to be revoked. */
  readonly leaseEnding: boolean;
  /** The first outcome, if the request was made before. */
  readonly first: FirstOutcome | undefined;
}

/** Of a crowd of shared holders an answer shows so many. */
export const HOLDERS_SHOWN = 100;

/** The key whose existence means that `lease` holds the lock. */
export function holdKey(
  keys: LockKeys,
  request: Pick<AcquireRequest, 'name' | 'mode'>,
  lease: LeaseId,
): string {
  if (request.mode === 'EXCLUSIVE') return keys.held(request.name);
  const prefix = request.mode === 'SHARED' ? keys.shared(request.name) : keys.permit(request.name);
  return prefix + lease;
}

/**
 * *If the lock is free and nobody is before the caller, put what holds it; else take a place in the queue,
 * if wished, and read why.*
 */
export function grantTransaction(attempt: Attempt): Transaction {
  const { keys, request, recorder } = attempt;
  return {
    resource: keys.held(request.name),
    compare: [
      ...freeFor(attempt),
      ...firstInQueue(attempt),
      ...recorder.compares,
      // A lease that is about to be revoked, since its own lock was released, takes no new ones.
      absent(exactly(attempt.layout.ending(attempt.lease))),
    ],
    then: grantOperations(attempt),
    else: [
      ...(attempt.newPlace === undefined ? [] : [attempt.newPlace]),
      ...viewReads(keys, request.name, request.mode === 'SEMAPHORE' ? 0 : HOLDERS_SHOWN),
      { kind: 'read', range: exactly(holdKey(keys, request, attempt.lease)) },
      predecessorRead(attempt),
      ...(attempt.place === undefined ? [] : [placeRead(attempt.place)]),
      { kind: 'read', range: exactly(attempt.layout.ending(attempt.lease)), keysOnly: true },
      ...recorder.reads,
    ],
  };
}

/** What `grantTransaction` came to. */
export function attemptOutcome(attempt: Attempt, outcome: Outcome): AttemptOutcome {
  if (outcome.succeeded) {
    const entry = readAt(outcome, 0).entries[0];
    return {
      kind: 'granted',
      token: outcome.revision,
      lease: attempt.lease,
      record: attempt.ownLease ?? readLeaseRecord(entry),
      recordRevision: attempt.ownLease === undefined ? (entry?.modRevision ?? 0) : outcome.revision,
    };
  }
  let next = attempt.newPlace === undefined ? 0 : 1;
  const view = viewAt(outcome, next);
  next += VIEW_READS;
  const mine = readAt(outcome, next++).entries[0];
  const queue = readAt(outcome, next++);
  const placeLost =
    attempt.place !== undefined && !isPlace(readAt(outcome, next++).entries[0], attempt.place);
  const isEnding = readAt(outcome, next++).entries.length > 0;
  return {
    kind: 'blocked',
    blocked: {
      view,
      mine: mine?.lease === attempt.lease ? mine : undefined,
      predecessor: queue.entries.find((entry) => entry.key !== attempt.newPlace?.key),
      waiterCount: queue.count,
      placeLost,
      leaseEnding: isEnding,
      first: attempt.recorder.replay(outcome, next),
    },
  };
}

function isPlace(entry: Entry | undefined, place: Place): boolean {
  return entry?.createRevision === place.revision;
}

/** No holder that excludes the caller. A holder of the caller's own lease excludes it too: it is read instead. */
function freeFor({ keys, request, lease, countedAt }: Attempt): Compare[] {
  const unheld = absent(exactly(keys.held(request.name)));
  const shared = prefixed(keys.shared(request.name));
  const permits = prefixed(keys.permit(request.name));
  switch (request.mode) {
    case 'EXCLUSIVE':
      return [unheld, absent(shared), absent(permits)];
    case 'SHARED':
      return [unheld, absent(permits), absent(exactly(holdKey(keys, request, lease)))];
    case 'SEMAPHORE':
      return [
        unheld,
        absent(shared),
        absent(exactly(holdKey(keys, request, lease))),
        // Nobody took permits since they were counted. That some were given back does no harm.
        { range: permits, target: 'create', is: '<', operand: countedAt + 1 },
      ];
  }
}

function firstInQueue({ keys, request, place }: Attempt): Compare[] {
  const queue = prefixed(keys.queue(request.name));
  if (place === undefined) return [absent(queue)];
  return [
    createdAt(place.key, place.revision),
    { range: queue, target: 'create', is: '>', operand: place.revision - 1 },
  ];
}

function grantOperations(attempt: Attempt): Operation[] {
  const { layout, keys, request, lease, ownLease, place, recorder, wallMs } = attempt;
  const key = holdKey(keys, request, lease);
  const holder = writeHolder(request, wallMs);
  const leaseKey = layout.lease(lease);
  return [
    { kind: 'read', range: exactly(leaseKey) },
    ...(request.mode === 'EXCLUSIVE'
      ? [put(key, request.value, lease), put(keys.holder(request.name), holder, lease)]
      : [put(key, holder, lease)]),
    ...(ownLease === undefined ? [] : [put(leaseKey, writeLeaseRecord(ownLease), lease)]),
    ...(place === undefined ? [] : [remove(place.key)]),
    ...recorder.records({ lease, ttlSeconds: ownLease?.ttlSeconds }),
    // A session may have lost the lock by force before: that is not what ends this hold.
    ...(ownLease === undefined ? [remove(keys.preempted(request.name, lease))] : []),
  ];
}

function predecessorRead({ keys, request, place, newPlace }: Attempt): Read {
  return {
    kind: 'read',
    range: prefixed(keys.queue(request.name)),
    order: 'create-desc',
    limit: newPlace === undefined ? 1 : 2,
    keysOnly: true,
    ...(place === undefined ? {} : { maxCreateRevision: place.revision - 1 }),
  };
}

function placeRead(place: Place): Read {
  return { kind: 'read', range: exactly(place.key), keysOnly: true };
}

function put(key: string, value: string, lease: LeaseId): Put {
  return { kind: 'put', key, value, lease };
}

function remove(key: string): Delete {
  return { kind: 'delete', range: exactly(key) };
}

/** The put that takes a place in the queue. */
export function putPlace(
  keys: LockKeys,
  request: AcquireRequest,
  id: string,
  daemonLease: LeaseId,
  wallMs: number,
): Put {
  return put(keys.queue(request.name) + id, writeWaiter(request, wallMs), daemonLease);
}
