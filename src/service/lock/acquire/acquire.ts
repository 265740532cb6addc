import type { AcquireOutcome, AcquireRequest } from '../../../core/lock.js';
import type { Caller } from '../../caller.js';
import type { Operation } from '../../operation-log.js';
import type { Serial } from '../../serial.js';
import type { LockLease } from '../grant/lock-lease.js';
import type { OnPosition } from '../queue/queue-positions.js';
import { Acquisition, type AcquisitionParts } from './acquisition.js';

/** What it takes to acquire a lock, beside a lease. */
export interface AcquireParts extends AcquisitionParts {
  /** By the name of a semaphore, those who only try for permits. */
  readonly semaphores: Serial;
}

/**
 * Takes a lock for one caller, at once or after waiting. Those who only try for permits are not in the queue, and would all
 * count the same ones: one after the other.
 * @param lease shall hold the lock.
 * @param onPosition is told the caller's place in the queue, as long as there is one.
 * @throws Fault as `LockService.acquire`.
 */
export async function acquire(
  parts: AcquireParts,
  request: AcquireRequest,
  caller: Caller,
  lease: LockLease,
  operation: Operation,
  onPosition?: OnPosition,
): Promise<AcquireOutcome> {
  const acquisition = new Acquisition(parts, request, caller, lease, operation, onPosition);
  const { name, mode, waitMs } = request;
  if (mode !== 'SEMAPHORE' || waitMs > 0) return acquisition.run();
  const endTurn = await parts.semaphores.enter(name);
  try {
    return await acquisition.run();
  } finally {
    endTurn();
  }
}
