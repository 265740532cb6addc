import { formatDuration } from '../../core/duration.js';
import { sleep, type Clock } from '../../clock/clock.js';
import type {
  AddRequest,
  CounterChange,
  IncreaseExclusiveOutcome,
  IncreaseExclusiveRequest,
} from '../../core/counter.js';
import { Fault, invalid, isFault } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import type { Grant } from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import { throwIfGone, type Caller } from '../caller.js';
import type { LockService } from '../lock/lock-service.js';

/** What adds to a counter. */
export interface Adder {
  add(request: AddRequest): Promise<CounterChange>;
}

export interface IncreaseParts {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly locks: LockService;
}

/**
 * Counts one under a lock that is not renewed. The addition compares the lock's token, so it counts only if the
 * lock was held without a break.
 */
export async function increaseExclusive(
  counters: Adder,
  parts: IncreaseParts,
  request: IncreaseExclusiveRequest,
  caller: Caller,
): Promise<IncreaseExclusiveOutcome> {
  const { locks, limits } = parts;
  if (!(request.holdMs >= 0 && request.holdMs <= limits.waitMs)) {
    throw invalid('hold', `must be from 0s to ${formatDuration(limits.waitMs)}`);
  }
  checkName(request.name, limits.nameBytes);
  const lock = request.lock === '' ? request.name : request.lock;
  checkName(lock, limits.nameBytes, 'lock');
  const taken = await locks.acquire(
    {
      name: lock,
      mode: 'EXCLUSIVE',
      permits: 1,
      limit: 0,
      lease: undefined,
      ttlMs: request.ttlMs,
      waitMs: 0,
      owner: request.owner,
      value: '',
      labels: new Map(),
      requestId: '',
    },
    caller,
  );
  if (!taken.acquired) return { acquired: false, holders: taken.holders };
  try {
    return await countOne(counters, parts, request, { lock, grant: taken.grant }, caller);
  } finally {
    await giveBack(locks, lock, taken.grant);
  }
}

async function countOne(
  counters: Adder,
  { clock }: IncreaseParts,
  { name, holdMs }: IncreaseExclusiveRequest,
  { lock, grant }: { readonly lock: string; readonly grant: Grant },
  caller: Caller,
): Promise<IncreaseExclusiveOutcome> {
  const ttlMs = grant.ttlSeconds * 1000;
  await sleep(clock, Math.min(holdMs, ttlMs), caller.signal);
  throwIfGone(caller, clock);
  if (holdMs >= ttlMs) throw lockExpired();
  const fence = { lock, token: grant.fencingToken };
  const change = await counters
    .add({ name, delta: 1n, min: undefined, max: undefined, requestId: '', fence })
    .catch((error: unknown) => {
      throw isFault(error, 'FAILED_PRECONDITION') ? lockExpired() : error;
    });
  return { acquired: true, ...change, fencingToken: grant.fencingToken };
}

/** It may have ended by itself, which is no fault; and if the store does not answer, it will. */
async function giveBack(locks: LockService, name: string, grant: Grant): Promise<void> {
  const { leaseId: lease, fencingToken } = grant;
  await locks.release({ name, lease, fencingToken, requestId: '' }).catch((error: unknown) => {
    if (!isFault(error)) throw error;
  });
}

function lockExpired(): Fault {
  return new Fault(
    'DEADLINE_EXCEEDED',
    'the lock expired before the work was done; the counter is unchanged',
    { reason: 'LOCK_EXPIRED' },
  );
}
