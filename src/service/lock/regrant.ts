import { Fault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest, FencingToken } from '../../core/lock.js';
import { createdAt, exactly, readAt } from '../../store/store.js';
import type { Entry, Outcome, Transaction } from '../../store/store.js';
import { holdKey } from './grant-transaction.js';
import type { LockParts } from './parts.js';
import { readPermits } from './records.js';

/**
 * The lease holds the lock already, by the key `mine`. The key is put again, so that a daemon which is
 * about to give this grant back, since it thinks that nobody heard of it, finds that somebody did.
 * @returns false if the key has gone meanwhile.
 * @throws Fault FAILED_PRECONDITION if it holds other permits than are asked for.
 */
export async function reassert(
  parts: LockParts,
  request: AcquireRequest,
  mine: Entry,
): Promise<boolean> {
  checkPermits(request, mine);
  let seen: Entry | undefined = mine;
  while (seen?.createRevision === mine.createRevision && seen.lease === mine.lease) {
    const outcome: Outcome = await parts.store.transact(putAgain(parts, request.name, seen));
    if (outcome.succeeded) return true;
    // Its value was changed meanwhile (a proclamation): that one must stand.
    seen = readAt(outcome, 0).entries[0];
  }
  return false;
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
 * Gives back a grant that nobody heard of: the caller went away. If the same lease asked again meanwhile
 * and was told of the grant (`reassert`), it stays. If the store can't do it now, it is done later.
 */
export async function giveBack(
  parts: LockParts,
  request: AcquireRequest,
  lease: LeaseId,
  token: FencingToken,
): Promise<void> {
  const key = holdKey(parts.keys, request, lease);
  const remove = () =>
    parts.store.transact({
      resource: parts.keys.held(request.name),
      compare: [
        createdAt(key, token),
        { range: exactly(key), target: 'mod', is: '=', operand: token },
      ],
      then: [
        { kind: 'delete', range: exactly(key) },
        { kind: 'delete', range: exactly(parts.keys.holder(request.name)) },
      ],
      else: [],
    });
  await remove().catch(() => {
    parts.janitor.later(remove);
  });
}
