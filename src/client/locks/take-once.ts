import { randomName } from '../../clock/random.js';
import type { HolderOptions } from '../options.js';
import type { ClientParts } from '../parts.js';
import type { Claim } from './claim.js';
import { checkWait } from './requests.js';
import type { Tried } from './requests.js';

/** What is asked of a grant that this client does not keep. */
export interface TakeOnceOptions extends Pick<HolderOptions, 'ttlMs' | 'signal'> {
  /** The lease that shall have it; `ttlMs` is then left out. Default: one of its own. */
  readonly leaseId?: string;
  /** How long to wait at most, in milliseconds: 0 (default) to 1 h. */
  readonly waitMs?: number;
}

/** Takes a lock, or stands for election, in one call. It is over with its TTL unless somebody renews its lease. */
export function takeOnce(
  { caller, settings }: ClientParts,
  claim: Claim,
  options: TakeOnceOptions,
): Promise<Tried> {
  const waitMs = checkWait(options.waitMs ?? 0);
  const { leaseId, ttlMs, signal } = options;
  const request = {
    ...(leaseId === undefined ? {} : { leaseId }),
    ...{ ttlMs, waitMs, requestId: randomName() },
  };
  const limitMs = waitMs + settings.deadlineMs;
  const limits = waitMs === 0 ? {} : { deadlineMs: limitMs, tryMs: limitMs };
  return claim.take(caller, () => request, { signal, ...limits });
}
