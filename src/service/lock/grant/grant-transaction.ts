import type { KeyLayout, LockKeys } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { AcquireRequest } from '../../../core/lock.js';
import { absent, createdAt, exactly, prefixed } from '../../../store/store.js';
import type { Compare, Entry, Operation, Put, Read, Revision } from '../../../store/store.js';
import { readLeaseRecord, writeLeaseRecord, type LeaseRecord } from '../../lease/record.js';
import type { FirstOutcome, Recorder } from '../../operation-log.js';
import {
  put,
  readKey,
  readKeyOnly,
  remove,
  type Done,
  type Draft,
  type Query,
} from '../../transaction.js';
import { writeHolder, writeWaiter } from '../state/records.js';
import { viewQuery, type LockView } from '../state/view.js';

/** A place in a lock's queue. */
export interface Place {
  readonly key: string;
  /** Its create revision: lower ones are before it. */
  readonly revision: Revision;
  /** No place was seen before it. Then none ever will be, since those who come get higher revisions. */
  readonly isFirst: boolean;
}

/** Places that one transaction takes at most: they have the same revision, and etcd does not sort those. */
export const PLACES_OF_A_REVISION = 27;

/** One try to take a lock. */
export interface Attempt {
  readonly layout: KeyLayout;
  readonly keys: LockKeys;
  readonly request: AcquireRequest;
  readonly lease: LeaseId;
  /** What to record of the lease, if it is the lock's own. */
  readonly ownLease: LeaseRecord | undefined;
  /** What is recorded of the lease, if that is known and does not change any more. */
  readonly session: LeaseRecord | undefined;
  /** Nobody but this daemon has heard of the lease. */
  readonly isNewLease: boolean;
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
      readonly acquiredAtMs: number;
    }
  | { readonly kind: 'blocked'; readonly blocked: Blocked }
  /** It did not ask why. */
  | { readonly kind: 'refused' };

/** Why the lock was not granted: what was there at `view.revision`. */
export interface Blocked {
  readonly view: LockView;
  /** The key by which the caller's lease holds the lock already. */
  readonly mine: Entry | undefined;
  /** The place directly before the caller's, or before a newcomer. */
  readonly predecessor: string | undefined;
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
  readonly outcomeOf: (done: Done) => T;
}

/**
 * *If the lock is free and nobody is before the caller, put what holds it.* What it compares is what the promise needs, and
 * no more; what it can know without reading, it does not read. If it is refused, nothing was done.
 */
export function grantTransaction(attempt: Attempt): Asking<AttemptOutcome> {
  const { layout, keys, request, recorder, lease, ownLease, session } = attempt;
  // Whether the lease becomes a session by this.
  const record = ownLease ?? session;
  const read = record === undefined ? readKey(layout.lease(lease)) : undefined;
  return {
    draft: {
      resource: keys.held(request.name),
      compare: [
        ...freeFor(attempt),
        ...firstInQueue(attempt),
        // The same request was not answered before, by whichever daemon (D9).
        ...recorder.compares,
        ...staysAlive(attempt),
      ],
      then: [...(read === undefined ? [] : [read]), ...grantOperations(attempt)],
    },
    outcomeOf: (done) => {
      if (!done.succeeded) return { kind: 'refused' };
      return granted(attempt, done, record, read && done.entry(read));
    },
  };
}

/** *Else take a place in the queue, if wished, and read why*: in the same transaction, so that nothing comes in between. */
export function grantOrWhyTransaction(attempt: Attempt): Asking<AttemptOutcome> {
  const { draft, outcomeOf } = grantTransaction(attempt);
  const why = whyBlocked(attempt);
  const place = attempt.newPlace === undefined ? [] : [attempt.newPlace];
  return {
    draft: { ...draft, else: [...place, ...why.reads] },
    outcomeOf: (done) =>
      done.succeeded ? outcomeOf(done) : { kind: 'blocked', blocked: why.found(done) },
  };
}

function granted(
  { lease, ownLease, wallMs: acquiredAtMs }: Attempt,
  { revision: token }: Done,
  known: LeaseRecord | undefined,
  entry: Entry | undefined,
): AttemptOutcome {
  const record = known ?? readLeaseRecord(entry);
  const recordRevision = ownLease === undefined ? (entry?.modRevision ?? 0) : token;
  return { kind: 'granted', token, lease, record, recordRevision, acquiredAtMs };
}

/** Reads why the lock is not granted. */
function whyBlocked(attempt: Attempt): Query<Blocked> {
  const { layout, keys, request, lease, place, recorder } = attempt;
  const view = viewQuery(keys, request.name, request.mode === 'SEMAPHORE' ? 0 : HOLDERS_SHOWN);
  // The exclusive holder is in the view, whoever it is.
  const mine = request.mode === 'EXCLUSIVE' ? undefined : readKey(holdKey(keys, request, lease));
  const queue = predecessorRead(attempt);
  const placeRead = place && readKeyOnly(place.key);
  const ending = readKeyOnly(layout.ending(lease));
  const own = [mine, placeRead].filter((read) => read !== undefined);
  return {
    reads: [...view.reads, ...own, queue, ending, ...recorder.reads],
    found: (done) => {
      const seen = view.found(done);
      const own = mine === undefined ? seen.held : done.entry(mine);
      return {
        view: seen,
        mine: own?.lease === lease ? own : undefined,
        predecessor: done.entries(queue).find(({ key }) => key !== attempt.newPlace?.key)?.key,
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

/**
 * No holder that excludes the caller: of each mode there may be some, and other daemons may have put them at any time. A holder of
 * the caller's own lease excludes it too, and is read instead.
 */
function freeFor({ keys, request, lease, countedAt, isNewLease }: Attempt): Compare[] {
  const unheld = absent(exactly(keys.held(request.name)));
  const shared = prefixed(keys.shared(request.name));
  const permits = prefixed(keys.permit(request.name));
  // A lease that nobody has heard of holds nothing.
  const mine = isNewLease ? [] : [absent(exactly(holdKey(keys, request, lease)))];
  switch (request.mode) {
    case 'EXCLUSIVE':
      return [unheld, absent(shared), absent(permits)];
    case 'SHARED':
      return [unheld, absent(permits), ...mine];
    case 'SEMAPHORE':
      return [
        unheld,
        absent(shared),
        ...mine,
        // Nobody took permits since they were counted. That some were given back does no harm.
        { range: permits, target: 'create', is: '<', operand: countedAt + 1 },
      ];
  }
}

/** Nobody is before the caller (D3): one comparison of the whole queue, unless that is known. */
function firstInQueue({ keys, request, place }: Attempt): Compare[] {
  const queue = prefixed(keys.queue(request.name));
  if (place === undefined) return [absent(queue)];
  // The place is still there: who lost it, with the daemon's lease, stands at the end again (D2).
  const isThere = createdAt(place.key, place.revision);
  // etcd looks at each key of the queue for this.
  const isFirst = { range: queue, target: 'create', is: '>', operand: place.revision - 1 } as const;
  return place.isFirst ? [isThere] : [isThere, isFirst];
}

/**
 * A lease that is about to be revoked, since its own lock was released or somebody asked for it, takes no new ones (D10). Nobody can have
 * asked for that of one that nobody has heard of.
 */
function staysAlive({ layout, lease, isNewLease }: Attempt): Compare[] {
  return isNewLease ? [] : [absent(exactly(layout.ending(lease)))];
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
    // A session may have lost the lock by force before, at whichever daemon: that is not what ends this hold.
    ...(ownLease === undefined ? [remove(keys.preempted(request.name, lease))] : []),
  ];
}

function predecessorRead({ keys, request, place, newPlace }: Attempt): Read {
  return {
    kind: 'read',
    range: prefixed(keys.queue(request.name)),
    order: 'create-desc',
    // All that may be the last one: the store sorts them only once it has them.
    limit: PLACES_OF_A_REVISION + (newPlace === undefined ? 0 : 1),
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
