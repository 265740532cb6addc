import { SharedLockError } from '../errors.js';
import type { ClientParts } from '../parts.js';
import { backoffMs } from '../wire/backoff.js';
import type { Caller } from '../wire/caller.js';
import type { Claim, GrantName } from './claim.js';
import type { HeldLease } from './held-lease.js';

/**
 * Gives a grant of a session back until it is certain that nothing of it is left: by an answer, or since the session is
 * over. Until then the session must not ask for that name again: it might be told of this very grant.
 * @throws SharedLockError if the client is closed before, or may not give it back.
 */
export async function giveBackSurely(
  { caller, stopping }: ClientParts,
  claim: Claim,
  lease: HeldLease,
  grant: GrantName,
): Promise<void> {
  for (let tries = 1; !lease.isOver; tries++) {
    try {
      await giveBackOnce(caller, claim, lease.id, grant);
      return;
    } catch (error) {
      if (stopping.aborted || isDenied(error)) throw error;
    }
    await caller.pause(backoffMs(tries));
  }
}

/** That there is nothing to give back is as good. @throws SharedLockError if it is not known, also if the client is closed. */
export async function giveBackOnce(
  caller: Caller,
  claim: Claim,
  leaseId: string,
  grant: GrantName,
): Promise<void> {
  try {
    await claim.giveBack(caller, leaseId, grant);
  } catch (error) {
    if (!isAnswer(error)) throw error;
  }
}

/**
 * Whether a request that ended so may have been, or may yet be, granted. Also one that was refused: another daemon, which did
 * not answer, may have granted it before. But not one that all daemons refuse; and who may not have a lock may not give it back.
 */
export function mayBeGranted(error: unknown): boolean {
  return (
    !(error instanceof SharedLockError && error.code === 'INVALID_ARGUMENT') && !isDenied(error)
  );
}

/** The caller may not: it would not help to try again. */
function isDenied(error: unknown): boolean {
  return error instanceof SharedLockError && error.code === 'PERMISSION_DENIED';
}

/** It is not held, or not by this lease, or not with this token; all else says nothing. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof SharedLockError)) return false;
  return error.code === 'FAILED_PRECONDITION' || error.code === 'NOT_FOUND';
}
