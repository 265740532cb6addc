import { Fault, isFault } from '../../../core/errors.js';
import type { LockKeys } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import { checkRequestId, HELD } from '../../../core/lock.js';
import type { ReleaseRequest } from '../../../core/lock.js';
import { checkName } from '../../../core/text.js';
import { createdAt, prefixed } from '../../../store/store.js';
import type { Entry } from '../../../store/store.js';
import type { CallOrigin } from '../../caller.js';
import { readPreemption } from '../../lease/preemption.js';
import type { FirstOutcome, Operation as LoggedOperation, Recorder } from '../../operation-log.js';
import {
  attachedTo,
  countKeys,
  lastPutAt,
  readKey,
  transact,
  type Query,
} from '../../transaction.js';
import { endingMark, isOwnLease, NO_MARK } from '../grant/own-lease-end.js';
import type { RecentGrants } from '../state/recent-grants.js';
import {
  afterRelease,
  deletionOf,
  deleteHold,
  type AfterReleaseParts,
  type Released,
} from './hold-deletion.js';
import { namedGrant, type NamedGrant, type WithdrawParts } from './withdraw.js';

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

/** What it takes to give a lock back. */
export interface ReleaseParts extends WithdrawParts, AfterReleaseParts {
  readonly recentGrants: RecentGrants;
}

/**
 * Gives a lock back: deletes what holds it if, in the same transaction, it still is the lease's, with the
 * token. A lease that was the lock's own ends with it. Instead of the token the request of the grant may be named, which
 * is withdrawn with it (D26).
 * @param lease in place of the one that is named: it may be another's.
 * @returns false if nobody held it.
 * @throws Fault FAILED_PRECONDITION if somebody else holds it, the token is not the current one, or an
 * operator took it away.
 */
export async function release(
  parts: ReleaseParts,
  asked: ReleaseRequest,
  lease: LeaseId,
  origin: CallOrigin,
): Promise<boolean> {
  const { limits } = parts;
  checkName(asked.name, limits.nameBytes);
  checkRequestId(asked.requestId, limits);
  const operation = parts.operations.begin(asked.requestId, 'release', asked, origin);
  const raw = { ...asked, lease };
  let grant = await namedGrant(parts, raw, origin);
  let target: Entry | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (grant === undefined) return false;
    const request = { ...raw, grant };
    const tried = await parts.operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      const known = target === undefined ? await releaseKnown(parts, request, recorder) : undefined;
      return known ?? tryRelease(parts, request, recorder, target);
    });
    if ('released' in tried) {
      await afterRelease(parts, request, tried.released);
      return true;
    }
    const { view } = tried;
    if (view.first !== undefined) return view.first.outcome.text('released') === 'yes';
    target = targetOf(parts, request, view);
    if (target !== undefined) continue;
    const before = grant.toldAt;
    if (before !== undefined) {
      // A late copy of the request that is named may have been told of its grant meanwhile.
      grant = await namedGrant(parts, raw, origin);
      if (grant?.toldAt !== before) continue;
    }
    if (await recordNotHeld(parts, request, operation)) return false;
  }
  const what = HELD[parts.kind];
  throw new Fault('ABORTED', `${what} changed hands too often while it was released; ask again`);
}

/**
 * What this daemon granted is probably still as it was: then there is nothing to read, and a lease that was made for the lock is
 * marked as ending at once. @returns undefined if it was not granted here, or is not so any more: nothing was done.
 */
async function releaseKnown(
  parts: ReleaseParts,
  { name, lease, grant }: NamedRelease,
  recorder: Recorder,
): Promise<{ readonly released: Released } | undefined> {
  const { store, keys, layout, recentGrants } = parts;
  const hold = recentGrants.find(name, lease, grant.token);
  if (hold === undefined || grant.toldAt !== undefined) return undefined;
  const { key, recorded } = hold;
  const mark = isOwnLease(parts, name, recorded) ? endingMark(layout, recorded) : NO_MARK;
  const done = await transact(store, {
    resource: keys.held(name),
    frees: true,
    compare: [
      // Only who has the lease may give back its lock.
      attachedTo(key, lease),
      // The lease may have had it before, and have it again by now.
      createdAt(key, hold.token),
      // A lease that became a session meanwhile does not end.
      ...mark.compares,
      ...recorder.compares,
    ],
    then: [...deletionOf(keys, name, key), ...mark.puts, ...recorder.records({ released: 'yes' })],
  });
  recentGrants.forget(name, lease);
  if (!done.succeeded) return undefined;
  const isMarked = mark !== NO_MARK;
  const { acquiredAtMs } = hold;
  return { released: { recorded, acquiredAtMs, isMarked, key, revision: done.revision } };
}

/** Without a target it takes the exclusive lock for what is to be released, and reads what is there if not. */
async function tryRelease(
  parts: ReleaseParts,
  { name, lease, grant }: NamedRelease,
  recorder: Recorder,
  target: Entry | undefined,
): Promise<{ readonly released: Released } | { readonly view: ReleaseView }> {
  const { store, keys } = parts;
  const key = target?.key ?? keys.held(name);
  const token = target?.createRevision ?? grant.token;
  const deletion = deleteHold(parts, { name, lease }, key);
  const view = releaseView(keys, { name, lease }, recorder);
  const done = await transact(store, {
    resource: keys.held(name),
    frees: true,
    compare: [
      attachedTo(key, lease),
      ...(token === 0 ? [] : [createdAt(key, token)]),
      ...(grant.toldAt === undefined ? [] : [lastPutAt(key, grant.toldAt)]),
      ...recorder.compares,
    ],
    then: [...deletion.operations, ...recorder.records({ released: 'yes' })],
    else: view.reads,
  });
  return done.succeeded ? { released: deletion.found(done) } : { view: view.found(done) };
}

function releaseView(
  keys: LockKeys,
  { name, lease }: Pick<ReleaseRequest, 'name' | 'lease'>,
  recorder: Recorder,
): Query<ReleaseView> {
  const held = readKey(keys.held(name));
  const shared = readKey(keys.shared(name) + lease);
  const permit = readKey(keys.permit(name) + lease);
  const others = [keys.shared(name), keys.permit(name)].map((all) => countKeys(prefixed(all)));
  const preempted = readKey(keys.preempted(name, lease));
  return {
    reads: [held, shared, permit, ...others, preempted, ...recorder.reads],
    found: (done) => ({
      held: done.entry(held),
      mine: done.entry(shared) ?? done.entry(permit),
      others: others.reduce((sum, read) => sum + done.result(read).count, 0),
      preempted: done.entry(preempted),
      first: recorder.replay(done),
    }),
  };
}

/** The key to delete; undefined if nobody holds the lock. @throws Fault FAILED_PRECONDITION if it is not the lease's. */
function targetOf(
  { kind }: Pick<ReleaseParts, 'kind'>,
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
  { store, keys, operations }: WithdrawParts,
  { name }: ReleaseRequest,
  operation: LoggedOperation,
): Promise<boolean> {
  if (operation.key === undefined) return true;
  try {
    const { succeeded } = await operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      return transact(store, {
        resource: keys.held(name),
        frees: true,
        compare: recorder.compares,
        then: recorder.records({ released: 'no' }),
      });
    });
    return succeeded;
  } catch (error) {
    if (!isFault(error, 'RESOURCE_EXHAUSTED')) throw error;
    return true;
  }
}
