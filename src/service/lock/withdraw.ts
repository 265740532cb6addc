import { invalid } from '../../core/errors.js';
import { checkRequestId } from '../../core/lock.js';
import type { FencingToken, ReleaseRequest } from '../../core/lock.js';
import type { LockParts } from './parts.js';

/**
 * The token of the grant that a release names. If it names it by the request that it was granted to, that request is
 * settled here: it was granted, or never will be. So neither a late copy of it nor one of the release does harm.
 * @returns 0 if the release names no grant, but whatever the lease has; undefined if there is nothing to release.
 */
export async function tokenOf(
  { store, keys, operations, limits }: LockParts,
  { name, lease, fencingToken, grantRequestId }: ReleaseRequest,
): Promise<FencingToken | undefined> {
  if (grantRequestId === undefined) return fencingToken;
  checkRequestId(grantRequestId, limits, 'grant_request_id');
  if (fencingToken !== 0) throw invalid('grant_request_id', 'give it or the token, not both');
  return operations.retryEnded(async () => {
    const withdrawal = await operations.withdrawal(grantRequestId);
    const outcome = await store.transact({
      resource: keys.held(name),
      compare: withdrawal.compares,
      then: withdrawal.records,
      else: withdrawal.reads,
    });
    const first = outcome.succeeded ? undefined : withdrawal.found(outcome, 0);
    // That it was not acquired is an outcome too; and what another lease got is not this one's to give back.
    return first?.outcome.text('lease') === lease ? first.revision : undefined;
  });
}
