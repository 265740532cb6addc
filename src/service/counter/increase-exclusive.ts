import { sleep, type Clock } from '../../clock/clock.js';
import type { IncreaseExclusiveOutcome, IncreaseExclusiveRequest } from '../../core/counter.js';
import { formatDuration } from '../../core/duration.js';
import { Fault, invalid, isFault } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { checkRequestId, type AcquireRequest, type Grant } from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import type { Store } from '../../store/store.js';
import { throwIfGone, type Caller } from '../caller.js';
import { FenceCheck } from '../fence.js';
import type { LockService } from '../lock/lock-service.js';
import type { Operation, OperationLog } from '../operation-log.js';
import { transact } from '../transaction.js';
import { writtenBefore } from './counter-batch.js';
import { addTo, type CounterWrite, type CounterWritten } from './counter-write.js';

export interface IncreaseParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly layout: KeyLayout;
  readonly limits: Limits;
  readonly locks: LockService;
  readonly operations: OperationLog;
}

/** Takes a write to the counter. */
export type WriteCounter = (write: CounterWrite) => Promise<CounterWritten>;

/** The lock that was taken for the work. */
interface Taken {
  readonly lock: string;
  readonly grant: Grant;
}

/**
 * Counts one under a lock that is not renewed. The addition compares the lock's token, so it counts only if the
 * lock was held without a break.
 */
export async function increaseExclusive(
  parts: IncreaseParts,
  request: IncreaseExclusiveRequest,
  caller: Caller,
  write: WriteCounter,
): Promise<IncreaseExclusiveOutcome> {
  const { locks, operations } = parts;
  const lock = request.lock === '' ? request.name : request.lock;
  check(request, lock, parts.limits);
  const { requestId } = request;
  const operation = operations.begin(requestId, 'counterIncreaseExclusive', request, caller);
  const before = await countedBefore(parts, operation);
  if (before !== undefined) return before;
  const taken = await locks.acquire(lockRequest(request, lock), caller);
  if (!taken.acquired) return { acquired: false, holders: taken.holders };
  try {
    await work(parts.clock, request.holdMs, taken.grant, caller);
    return await countOne(parts, { lock, grant: taken.grant }, operation, write);
  } finally {
    await giveBack(locks, lock, taken.grant);
  }
}

function check(
  { name, holdMs, requestId }: IncreaseExclusiveRequest,
  lock: string,
  limits: Limits,
): void {
  checkName(name, limits.nameBytes);
  checkName(lock, limits.nameBytes, 'lock');
  checkRequestId(requestId, limits);
  if (!(holdMs >= 0 && holdMs <= limits.waitMs)) {
    throw invalid('hold', `must be from 0s to ${formatDuration(limits.waitMs)}`);
  }
}

function lockRequest({ ttlMs, owner }: IncreaseExclusiveRequest, name: string): AcquireRequest {
  return {
    name,
    mode: 'EXCLUSIVE',
    permits: 1,
    limit: 0,
    lease: undefined,
    ttlMs,
    waitMs: 0,
    owner,
    value: '',
    labels: new Map(),
    requestId: '',
  };
}

/** The first outcome, so that who asks again does not work again. */
async function countedBefore(
  { store }: IncreaseParts,
  operation: Operation,
): Promise<IncreaseExclusiveOutcome | undefined> {
  const { key } = operation;
  if (key === undefined) return undefined;
  const recorder = await operation.recorder();
  const first = recorder.replay(await transact(store, { resource: key, then: recorder.reads }));
  return first === undefined ? undefined : counted(writtenBefore(first));
}

/** @throws Fault DEADLINE_EXCEEDED when the lock expires, if that is before the work is done. */
async function work(clock: Clock, holdMs: number, grant: Grant, caller: Caller): Promise<void> {
  const ttlMs = grant.ttlSeconds * 1000;
  await sleep(clock, Math.min(holdMs, ttlMs), caller.signal);
  throwIfGone(caller, clock);
  if (holdMs >= ttlMs) throw lockExpired();
}

async function countOne(
  { layout, limits }: IncreaseParts,
  { lock, grant: { fencingToken: token } }: Taken,
  operation: Operation,
  write: WriteCounter,
): Promise<IncreaseExclusiveOutcome> {
  const fence = new FenceCheck({ lock, token }, layout, limits);
  try {
    return counted(await write({ apply: ONE_MORE, fence, operation, token }));
  } catch (error) {
    throw isFault(error, 'FAILED_PRECONDITION') ? lockExpired() : error;
  }
}

const ONE_MORE = addTo({ delta: 1n, min: undefined, max: undefined });

function counted({ value, previous, token }: CounterWritten): IncreaseExclusiveOutcome {
  return { acquired: true, value, previous, fencingToken: token };
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
