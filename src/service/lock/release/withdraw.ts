import { invalid, isFault } from '../../../core/errors.js';
import type { Limits } from '../../../core/limits.js';
import { checkRequestId } from '../../../core/lock.js';
import type { FencingToken, ReleaseRequest } from '../../../core/lock.js';
import type { Operation, Revision } from '../../../store/store.js';
import type { CallOrigin } from '../../caller.js';
import { tokenOf, type OperationLog } from '../../operation-log.js';
import { transact, type Done } from '../../transaction.js';
import type { LockStore } from '../state/view.js';

/** What it takes to settle a request. */
export interface WithdrawParts extends LockStore {
  readonly operations: OperationLog;
  readonly limits: Limits;
}

/** Which grant is to be released. */
export interface NamedGrant {
  /** 0: whatever the lease has. */
  readonly token: FencingToken;
  /** When the request that is named was told of it last; undefined: no request is named. */
  readonly toldAt?: Revision;
}

/**
 * The grant that a release names. If it names it by the request that it was granted to, that request is
 * settled here: it was granted, or never will be. So neither a late copy of it nor one of the release does harm.
 * @returns undefined if there is nothing to release.
 */
export async function namedGrant(
  { store, keys, operations, limits }: WithdrawParts,
  { name, lease, fencingToken, grantRequestId }: ReleaseRequest,
  origin: CallOrigin,
): Promise<NamedGrant | undefined> {
  if (grantRequestId === undefined) return { token: fencingToken };
  checkRequestId(grantRequestId, limits, 'grant_request_id');
  if (fencingToken !== 0) throw invalid('grant_request_id', 'give it or the token, not both');
  return operations.retryEnded(async () => {
    const withdrawal = await operations.withdrawal(grantRequestId, origin);
    const look = (then: readonly Operation[]): Promise<Done> =>
      transact(store, {
        resource: keys.held(name),
        frees: 'whole',
        compare: withdrawal.compares,
        then,
        else: withdrawal.reads,
      });
    const done = await look(withdrawal.records).catch(async (error: unknown) => {
      // Without space for the record: what was granted can be found, but nothing is settled if it was not.
      if (!isFault(error, 'RESOURCE_EXHAUSTED')) throw error;
      const found = await look([]);
      if (found.succeeded) throw error;
      return found;
    });
    const first = done.succeeded ? undefined : withdrawal.found(done);
    // That it was not acquired is an outcome too; and what another lease got is not this one's to give back.
    if (first?.outcome.text('lease') !== lease) return undefined;
    return { token: tokenOf(first), toldAt: first.lastRevision };
  });
}
