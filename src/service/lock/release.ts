import { Fault, isFault } from '../../core/errors.js';
import { checkRequestId, HELD } from '../../core/lock.js';
import type { ReleaseRequest } from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import { createdAt, exactly, prefixed, readAt } from '../../store/store.js';
import type {
  Compare,
  Entry,
  Operation,
  Outcome,
  Read,
  Revision,
  Transaction,
} from '../../store/store.js';
import { readLeaseRecord } from '../lease/record.js';
import type { FirstOutcome, Operation as LoggedOperation, Recorder } from '../operation-log.js';
import { endOwnLease } from './own-lease-end.js';
import type { LockParts } from './parts.js';
import { readPreemption } from './preemption.js';
import { readHolder } from './records.js';
import { namedGrant, type NamedGrant } from './withdraw.js';

/** How often the lock may change hands between the read and the write before the caller shall ask again. */
const MAX_TRIES = 5;

type NamedRelease = ReleaseRequest & { readonly grant: NamedGrant };

/** What is known of a lock that a lease wants to give back. */
interface ReleaseView {
  /** The exclusive holder's key, whoever's it is. */
  readonly held: Entry | undefined;
  /** The key by which the lease shares the lock. */
  readonly mine: Entry | undefined;
  readonly others: number;
  readonly preempted: Entry | undefined;
  readonly first: FirstOutcome | undefined;
}

/**
 * Gives a lock back: deletes what holds it if, in the same transaction, it still is the lease's, with the
 * token. A lease that was the lock's own ends with it. Instead of the token the request of the grant may be named, which
 * is withdrawn with it (D26).
 * @returns false if nobody held it.
 * @throws Fault FAILED_PRECONDITION if somebody else holds it, the token is not the current one, or an
 * operator took it away.
 */
export async function release(parts: LockParts, raw: ReleaseRequest): Promise<boolean> {
  const { limits } = parts;
  checkName(raw.name, limits.nameBytes);
  checkRequestId(raw.requestId, limits);
  const operation = parts.operations.begin(raw.requestId, 'release', raw);
  let grant = await namedGrant(parts, raw);
  let target: Entry | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (grant === undefined) return false;
    const request = { ...raw, grant };
    const { outcome, recorder } = await parts.operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      const transaction = releaseTransaction(parts, request, recorder, target);
      return { outcome: await parts.store.transact(transaction), recorder };
    });
    if (outcome.succeeded) {
      await afterRelease(parts, request, outcome);
      return true;
    }
    const view = viewOf(outcome, recorder);
    if (view.first !== undefined) return view.first.outcome.text('released') === 'yes';
    target = targetOf(parts, request, view);
    if (target !== undefined) continue;
    const before = grant.toldAt;
    if (before !== undefined) {
      // A late copy of the request that is named may have been told of its grant meanwhile.
      grant = await namedGrant(parts, raw);
      if (grant?.toldAt !== before) continue;
    }
    if (await recordNotHeld(parts, request, operation)) return false;
  }
  const what = HELD[parts.kind];
  throw new Fault('ABORTED', `${what} changed hands too often while it was released; ask again`);
}

/** Without a target it takes the exclusive lock for what is to be released, and reads what is there if not. */
function releaseTransaction(
  { keys, layout }: LockParts,
  { name, lease, grant }: NamedRelease,
  recorder: Recorder,
  target: Entry | undefined,
): Transaction {
  const key = target?.key ?? keys.held(name);
  const token = target?.createRevision ?? grant.token;
  return {
    resource: keys.held(name),
    frees: true,
    compare: [
      { range: exactly(key), target: 'lease', is: '=', operand: lease },
      ...(token === 0 ? [] : [createdAt(key, token)]),
      ...(grant.toldAt === undefined ? [] : [lastPutAt(key, grant.toldAt)]),
      ...recorder.compares,
    ],
    then: [
      { kind: 'read', range: exactly(layout.lease(lease)) },
      { kind: 'read', range: exactly(key === keys.held(name) ? keys.holder(name) : key) },
      { kind: 'delete', range: exactly(key) },
      ...(key === keys.held(name) ? [deleteKey(keys.holder(name))] : []),
      ...recorder.records({ released: 'yes' }),
    ],
    else: [
      read(keys.held(name)),
      read(keys.shared(name) + lease),
      read(keys.permit(name) + lease),
      { kind: 'read', range: prefixed(keys.shared(name)), countOnly: true },
      { kind: 'read', range: prefixed(keys.permit(name)), countOnly: true },
      read(keys.preempted(name, lease)),
      ...recorder.reads,
    ],
  };
}

function viewOf(outcome: Outcome, recorder: Recorder): ReleaseView {
  return {
    held: readAt(outcome, 0).entries[0],
    mine: readAt(outcome, 1).entries[0] ?? readAt(outcome, 2).entries[0],
    others: readAt(outcome, 3).count + readAt(outcome, 4).count,
    preempted: readAt(outcome, 5).entries[0],
    first: recorder.replay(outcome, 6),
  };
}

/** The key to delete; undefined if nobody holds the lock. @throws Fault FAILED_PRECONDITION if it is not the lease's. */
function targetOf(
  { kind }: LockParts,
  { lease, grant }: NamedRelease,
  view: ReleaseView,
): Entry | undefined {
  const what = HELD[kind];
  const { held, mine } = view;
  const own = held?.lease === lease ? held : mine;
  if (own !== undefined) {
    if (grant.token === 0) return own;
    if (grant.token === own.createRevision) return isTaken(grant, own) ? undefined : own;
    throw notTheHolder(`the lease has ${what} with another fencing token; the given one is stale`);
  }
  const reason = readPreemption(view.preempted, grant.token);
  if (reason !== undefined) {
    throw new Fault('FAILED_PRECONDITION', `an operator took ${what} away: ${reason}`, {
      reason: 'PREEMPTED',
    });
  }
  if (held !== undefined || view.others > 0) throw notTheHolder(`somebody else has ${what}`);
  return undefined;
}

/** Another request with the same lease was told of the grant since (`reassert`): it is that one's by now. */
function isTaken({ toldAt }: NamedGrant, own: Entry): boolean {
  return toldAt !== undefined && own.modRevision !== toldAt;
}

function notTheHolder(message: string): Fault {
  return new Fault('FAILED_PRECONDITION', message, { reason: 'NOT_THE_HOLDER' });
}

/** @returns false if the same request was recorded meanwhile. Without space for a record there is none. */
async function recordNotHeld(
  { store, keys, operations }: LockParts,
  { name }: ReleaseRequest,
  operation: LoggedOperation,
): Promise<boolean> {
  if (operation.key === undefined) return true;
  try {
    const outcome = await operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      return store.transact({
        resource: keys.held(name),
        frees: true,
        compare: recorder.compares,
        then: recorder.records({ released: 'no' }),
        else: [],
      });
    });
    return outcome.succeeded;
  } catch (error) {
    if (!isFault(error, 'RESOURCE_EXHAUSTED')) throw error;
    return true;
  }
}

/**
 * The lock is free: end the lease that was made for it alone, and tell the metrics. The first two reads of the
 * transaction were the lease's record, and the holder's.
 */
export async function afterRelease(
  parts: LockParts,
  request: Pick<ReleaseRequest, 'name' | 'lease'>,
  outcome: Outcome,
): Promise<void> {
  parts.predecessors.released(request.name, request.lease);
  const entry = readAt(outcome, 0).entries[0];
  const holder = readAt(outcome, 1).entries[0];
  const heldMs =
    holder === undefined ? undefined : readHolder(holder, 'EXCLUSIVE', parts.clock.wall()).ageMs;
  if (heldMs !== undefined) parts.telemetry.lockHeld(heldMs / 1000);
  const recorded = {
    lease: request.lease,
    record: readLeaseRecord(entry),
    recordRevision: entry?.modRevision ?? 0,
  };
  const end = () => endOwnLease(parts, request.name, recorded);
  await end().catch(() => {
    parts.janitor.later(end);
  });
}

function lastPutAt(key: string, revision: Revision): Compare {
  return { range: exactly(key), target: 'mod', is: '=', operand: revision };
}

function read(key: string): Read {
  return { kind: 'read', range: exactly(key) };
}

function deleteKey(key: string): Operation {
  return { kind: 'delete', range: exactly(key) };
}
