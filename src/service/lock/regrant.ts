import { Fault, isFault, unavailable } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest, FencingToken } from '../../core/lock.js';
import { createdAt, exactly, readAt } from '../../store/store.js';
import type { Entry, Outcome, Transaction } from '../../store/store.js';
import type { FirstOutcome, Operation, Recorder } from '../operation-log.js';
import { holdKey } from './grant-transaction.js';
import type { LockParts } from './parts.js';
import { readPermits } from './records.js';

/**
 * The lease holds the lock already, by the key `mine`, and the request is to be told so. The key is put again, so that a
 * daemon which is about to give this grant back, since it thinks that nobody heard of it, finds that somebody did;
 * and with it the request's record, so that a release which names the request finds what it was told of (D26).
 * @param first what is recorded of the request already.
 * @returns false if the key has gone meanwhile, or another outcome was recorded.
 * @throws Fault FAILED_PRECONDITION if it holds other permits than are asked for; as `Recorder.replay`.
 */
export async function reassert(
  parts: LockParts,
  request: AcquireRequest,
  mine: Entry,
  operation: Operation,
  first?: FirstOutcome,
): Promise<boolean> {
  checkPermits(request, mine);
  let seen: Entry | undefined = mine;
  let recorded = first;
  while (isSameGrant(seen, mine)) {
    const recorder = await operation.recorder();
    const outcome = await putTold(parts, request.name, seen, recorder, recorded);
    if (outcome === undefined) return false;
    if (outcome.succeeded) return true;
    // Its value was changed meanwhile (a proclamation): that one must stand. Or the same request was faster.
    seen = readAt(outcome, 0).entries[0];
    recorded ??= recorder.replay(outcome, 1);
    if (recorded !== undefined && recorded.outcome.text('lease') !== mine.lease) return false;
  }
  return false;
}

/**
 * Whether the lease still holds the lock with this token; if so, the request is told of it once more. What gives it back for
 * the same request elsewhere, and may be late, leaves it from here. @param first as of `reassert`.
 */
export async function tellAgain(
  parts: LockParts,
  request: AcquireRequest,
  lease: LeaseId,
  token: FencingToken,
  operation: Operation,
  first?: FirstOutcome,
): Promise<boolean> {
  const range = exactly(holdKey(parts.keys, request, lease));
  const [mine] = (await parts.store.read({ range })).entries;
  if (mine?.createRevision !== token || mine.lease !== lease) return false;
  // Without an id it can't be given back elsewhere; and a Hold knows its key by the revision of the grant.
  if (operation.key === undefined) return true;
  return reassert(parts, request, mine, operation, first);
}

function isSameGrant(seen: Entry | undefined, mine: Entry): seen is Entry {
  return seen?.createRevision === mine.createRevision && seen.lease === mine.lease;
}

/** @returns undefined if the lease of `seen` has ended. */
async function putTold(
  parts: LockParts,
  name: string,
  seen: Entry,
  recorder: Recorder,
  recorded: FirstOutcome | undefined,
): Promise<Outcome | undefined> {
  const { store, daemonLeases } = parts;
  const again = putAgain(parts, name, seen);
  const { lease, createRevision: token } = seen;
  try {
    return await store.transact({
      ...again,
      compare: [...again.compare, ...(recorded === undefined ? recorder.compares : [])],
      then: [...again.then, ...recorder.records({ lease, token })],
      else: [...again.else, ...recorder.reads],
    });
  } catch (error) {
    if (!isFault(error, 'NOT_FOUND') || lease === undefined) throw error;
    if ((await store.inspectLease(lease)) === undefined) return undefined;
    await daemonLeases.replaceEnded();
    throw unavailable('a lease of this daemon had ended; ask again', error, 'DAEMON_LEASE_ENDED');
  }
}

/** Puts a key that holds a lock again, as it is; else reads it. */
export function putAgain({ keys }: LockParts, name: string, mine: Entry): Transaction {
  const { key, value, modRevision, lease } = mine;
  return {
    resource: keys.held(name),
    compare: [{ range: exactly(key), target: 'mod', is: '=', operand: modRevision }],
    then: [{ kind: 'put', key, value, ...(lease === undefined ? {} : { lease }) }],
    else: [{ kind: 'read', range: exactly(key) }],
  };
}

function checkPermits(request: AcquireRequest, mine: Entry): void {
  if (request.mode !== 'SEMAPHORE') return;
  const { permits, limit } = readPermits(mine);
  if (permits === request.permits && limit === request.limit) return;
  throw new Fault(
    'FAILED_PRECONDITION',
    `permits: the lease holds ${permits} of ${limit} already; release them first, or use another lease`,
    { field: 'permits', reason: 'HOLDS_OTHER_PERMITS' },
  );
}

/**
 * Gives back a grant that nobody heard of: the caller went away, or does not wait until it is told of it. That it was not
 * acquired is recorded with that. If the same lease asked again meanwhile and was told of the grant (`reassert`), it
 * stays. If the store can't do it now, it is done later.
 * @returns false if it stays, or is gone.
 */
export async function giveBack(
  parts: LockParts,
  request: AcquireRequest,
  lease: LeaseId,
  token: FencingToken,
  operation: Operation,
): Promise<boolean> {
  const key = holdKey(parts.keys, request, lease);
  const remove = () =>
    parts.operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      const outcome = await parts.store.transact({
        resource: parts.keys.held(request.name),
        frees: true,
        compare: [
          createdAt(key, token),
          { range: exactly(key), target: 'mod', is: '=', operand: token },
        ],
        then: [
          { kind: 'delete', range: exactly(key) },
          { kind: 'delete', range: exactly(parts.keys.holder(request.name)) },
          ...recorder.records({ acquired: false }),
        ],
        else: [],
      });
      return outcome.succeeded;
    });
  return remove().catch(() => {
    parts.janitor.later(remove);
    return true;
  });
}
