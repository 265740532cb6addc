import { randomName } from '../../clock/random.js';
import type { Holder } from '../../core/lock.js';
import { durationOf, msFrom } from '../../protocol/convert/values.js';
import type { AcquireRequest } from '../../protocol/generated/sharedlock/v1/AcquireRequest.js';
import type { AcquireResponse__Output } from '../../protocol/generated/sharedlock/v1/AcquireResponse.js';
import type { Grant__Output } from '../../protocol/generated/sharedlock/v1/Grant.js';
import type { CreateLeaseRequest } from '../../protocol/generated/sharedlock/v1/CreateLeaseRequest.js';
import { holderFrom } from '../convert/lock.js';
import { wrong } from '../check-options.js';
import type { AcquireOptions, HolderOptions } from '../options.js';

/** A grant that this client does not keep. */
export interface RawGrant {
  /** Who has it may renew and release: keep it to yourself, and out of logs. */
  readonly leaseId: string;
  /** Higher than every token granted for this name before; from 1, below 2^53. */
  readonly fencingToken: number;
  /** What was granted, in milliseconds. */
  readonly ttlMs: number;
}

/** What came of one try. */
export type Tried =
  | { readonly kind: 'granted'; readonly grant: RawGrant }
  /** Somebody else holds it. No holders: only waiters are before the caller. */
  | { readonly kind: 'held'; readonly holders: readonly Holder[] };

/** @throws SharedLockError INVALID_ARGUMENT */
export function checkWait(waitMs: number): number {
  if (waitMs >= 0) return waitMs;
  throw wrong('waitMs', 'must be 0 or more, or Infinity');
}

/** All that is asked of a lock but for how long and with which lease. */
export function lockRequest(
  name: string,
  options: AcquireOptions,
  owner: string,
): Omit<AcquireRequest, 'leaseId' | 'ttl' | 'wait' | 'requestId'> {
  const { mode, limit = 0, permits = 0, value = '', labels = {} } = options;
  return {
    name,
    mode: mode ?? 'EXCLUSIVE',
    limit,
    permits,
    value,
    labels: { ...labels },
    owner: options.owner ?? owner,
  };
}

export function leaseRequest(options: HolderOptions, owner: string): CreateLeaseRequest {
  const { labels = {}, ttlMs } = options;
  return {
    labels: { ...labels },
    owner: options.owner ?? owner,
    ttl: durationOf(ttlMs),
    requestId: randomName(),
  };
}

/** Labels to look for, as lists take them. */
export function selectorsOf(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}

export function triedFrom(response: AcquireResponse__Output): Tried {
  const { acquired, grant, holders } = response;
  if (!acquired || grant === null) return { kind: 'held', holders: holders.map(holderFrom) };
  return { kind: 'granted', grant: grantFrom(grant) };
}

export function grantFrom(grant: Grant__Output): RawGrant {
  return {
    leaseId: grant.leaseId,
    fencingToken: Number(grant.fencingToken),
    ttlMs: msFrom(grant.ttl) ?? 0,
  };
}
