import type { KeyLayout, LockKeys } from '../../core/keys.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest } from '../../core/lock.js';
import { absent, createdAt, exactly, prefixed } from '../../store/store.js';
import type { Compare, Entry, Operation, Put, Read, Revision } from '../../store/store.js';
import { readLeaseRecord, writeLeaseRecord, type LeaseRecord } from '../lease/record.js';
import type { FirstOutcome, Recorder } from '../operation-log.js';
import {
  put,
  readKey,
  readKeyOnly,
  remove,
  type Done,
  type Draft,
  type Query,
} from '../transaction.js';
import { writeHolder, writeWaiter } from './records.js';
import { viewQuery, type LockView } from './view.js';

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

/** A transaction, and what its outcome says. */
export interface Asking<T> {
  readonly draft: Draft;
  outcomeOf(done: Done): T;
}

/**
 * *If the lock is free and nobody is before the caller, put what holds it; else take a place in the queue,
 * if wished, and read why.*
 */
export function grantTransaction(attempt: Attempt): Asking<AttemptOutcome> {
  const { layout, keys, request, recorder } = attempt;
  const record = readKey(layout.lease(attempt.lease));
  const why = whyBlocked(attempt);
  return {
    draft: {
      resource: keys.held(request.name),
      compare: [
        ...freeFor(attempt),
        ...firstInQueue(attempt),
        ...recorder.compares,
        // A lease that is about to be revoked, since its own lock was released, takes no new ones.
        absent(exactly(layout.ending(attempt.lease))),
      ],
      then: [record, ...grantOperations(attempt)],
      else: [...(attempt.newPlace === undefined ? [] : [attempt.newPlace]), ...why.reads],
    },
    outcomeOf: (done) =>
      done.succeeded
        ? granted(attempt, done, done.entry(record))
        : { kind: 'blocked', blocked: why.found(done) },
  };
}

function granted(
  { lease, ownLease }: Attempt,
  { revision: token }: Done,
  entry: Entry | undefined,
): AttemptOutcome {
  return ownLease === undefined
    ? {
        kind: 'granted',
        token,
        lease,
        record: readLeaseRecord(entry),
        recordRevision: entry?.modRevision ?? 0,
      }
    : { kind: 'granted', token, lease, record: ownLease, recordRevision: token };
}

/** Reads why the lock is not granted. */
function whyBlocked(attempt: Attempt): Query<Blocked> {
  const { layout, keys, request, lease, place, recorder } = attempt;
  const view = viewQuery(keys, request.name, request.mode === 'SEMAPHORE' ? 0 : HOLDERS_SHOWN);
  const mine = readKey(holdKey(keys, request, lease));
  const queue = predecessorRead(attempt);
  const placeRead = place && readKeyOnly(place.key);
  const ending = readKeyOnly(layout.ending(lease));
  return {
    reads: [
      ...view.reads,
      mine,
      queue,
      ...(placeRead === undefined ? [] : [placeRead]),
      ending,
      ...recorder.reads,
    ],
    found: (done) => {
      const own = done.entry(mine);
      return {
        view: view.found(done),
        mine: own?.lease === lease ? own : undefined,
        predecessor: done.entries(queue).find((entry) => entry.key !== attempt.newPlace?.key),
        waiterCount: done.result(queue).count,
        placeLost: placeRead !== undefined && !isPlace(done.entry(placeRead), place),
        leaseEnding: done.entry(ending) !== undefined,
        first: recorder.replay(done),
      };
    },
  };
}

function isPlace(entry: Entry | undefined, place: Place | undefined): boolean {
  return entry?.createRevision === place?.revision;
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
