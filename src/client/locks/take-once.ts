import { randomName } from '../../clock/random.js';
import type { HolderOptions } from '../options.js';
import type { ClientParts } from '../parts.js';
import type { Claim } from './claim.js';
import { giveBackOnce, mayBeGranted } from './give-back.js';
import { checkWait } from './requests.js';
import type { Tried } from './requests.js';

/** What is asked of a grant that this client does not keep. */
export interface TakeOnceOptions extends Pick<HolderOptions, 'ttlMs' | 'signal'> {
  /** The lease that shall have it; `ttlMs` is then left out. Default: one of its own. */
  readonly leaseId?: string;
  /** How long to wait at most, in milliseconds: 0 (default) to 1 h. */
  readonly waitMs?: number;
}

/**
 * Takes a lock, or stands for election, in one call. It is over with its TTL unless somebody renews its lease. If no answer
 * comes, or it is given up, a lease that is the caller's, and may live long, is not left with a grant that nobody heard of.
 */
export async function takeOnce(
  { caller, settings, background }: ClientParts,
  claim: Claim,
  options: TakeOnceOptions,
): Promise<Tried> {
  const waitMs = checkWait(options.waitMs ?? 0);
  const { leaseId, ttlMs, signal } = options;
  const requestId = randomName();
  const request = { ...(leaseId === undefined ? {} : { leaseId }), ttlMs, waitMs, requestId };
  const limitMs = waitMs + settings.deadlineMs;
  const limits = waitMs === 0 ? {} : { deadlineMs: limitMs, tryMs: limitMs };
  try {
    return await claim.take(caller, () => request, { signal, ...limits });
  } catch (error) {
    if (leaseId !== undefined && mayBeGranted(error)) {
      const withdraw = () => giveBackOnce(caller, claim, leaseId, { grantRequestId: requestId });
      void background.run(`giving ${claim.title} back, which is not wanted any more,`, withdraw);
    }
    throw error;
  }
}
