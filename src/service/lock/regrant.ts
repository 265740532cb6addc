import { Fault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest, FencingToken } from '../../core/lock.js';
import { createdAt, exactly, type Entry } from '../../store/store.js';
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
  const { succeeded } = await parts.store.transact({
    resource: parts.keys.held(request.name),
    compare: [
      createdAt(mine.key, mine.createRevision),
      { range: exactly(mine.key), target: 'lease', is: '=', operand: mine.lease },
    ],
    then: [
      {
        kind: 'put',
        key: mine.key,
        value: mine.value,
        ...(mine.lease === undefined ? {} : { lease: mine.lease }),
      },
    ],
    else: [],
  });
  return succeeded;
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
