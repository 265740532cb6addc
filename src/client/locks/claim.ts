import { randomName } from '../../clock/random.js';
import type { FencingToken } from '../../core/lock.js';
import { durationOf } from '../../protocol/convert/values.js';
import type { AcquireRequest } from '../../protocol/generated/sharedlock/v1/AcquireRequest.js';
import type { AcquireOptions } from '../options.js';
import type { Caller, UnaryOptions } from '../wire/caller.js';
import { lockRequest, triedFrom } from './requests.js';
import type { Tried } from './requests.js';

/** How a claim is to be taken in one call. */
export interface TakeRequest {
  /** The lease that shall hold it; undefined: one of its own. */
  readonly leaseId?: string;
  /** TTL of its own lease; undefined: the default. */
  readonly ttlMs?: number | undefined;
  readonly waitMs: number;
  /** Undefined: a lease that asks again gets the same grant. */
  readonly requestId?: string;
}

/**
 * Which grant is given back. Never "whatever the lease holds": a release that arrives late would meet a later grant. Whoever
 * gave up does not know the token, and names the request instead, which is then granted nothing any more.
 */
export type GrantName =
  { readonly fencingToken: FencingToken } | { readonly grantRequestId: string };

/** What one may hold: a lock, or an election, which is a lock too. */
export interface Claim {
  readonly name: string;
  /** `lock "report"`, for messages. */
  readonly title: string;
  /** `request` is made for each try: it may depend on the time that is left. */
  take(caller: Caller, request: () => TakeRequest, options?: UnaryOptions): Promise<Tried>;
  isCurrent(caller: Caller, token: FencingToken): Promise<boolean>;
  /** @returns false if nobody held it. */
  giveBack(caller: Caller, leaseId: string, grant: GrantName): Promise<boolean>;
}

export function lockClaim(name: string, options: AcquireOptions, owner: string): Claim {
  const asked = lockRequest(name, options, owner);
  return {
    name,
    title: `lock ${JSON.stringify(name)}`,
    take: async (caller, request, unaryOptions) => {
      const wire = () => ({ ...asked, ...takeFields(request()) });
      return triedFrom(await caller.unary('LockService', 'Acquire', wire, unaryOptions));
    },
    isCurrent: async (caller, fencingToken) => {
      const answer = await caller.unary('LockService', 'CheckToken', { name, fencingToken });
      return answer.current;
    },
    giveBack: async (caller, leaseId, grant) => {
      const request = { name, leaseId, requestId: randomName(), ...grant };
      return (await caller.unary('LockService', 'Release', request)).released;
    },
  };
}

/** The fields that Acquire and Campaign share. */
type TakeFields = Pick<AcquireRequest, 'leaseId' | 'ttl' | 'requestId' | 'wait'>;

/** As the wire has them. */
export function takeFields({ leaseId, ttlMs, waitMs, requestId }: TakeRequest): TakeFields {
  return {
    ...(leaseId === undefined ? { ttl: durationOf(ttlMs) } : { leaseId }),
    ...(requestId === undefined ? {} : { requestId }),
    wait: durationOf(waitMs),
  };
}
