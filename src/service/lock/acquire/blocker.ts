import { Fault } from '../../../core/errors.js';
import type { LockKeys } from '../../../core/keys.js';
import type { AcquireRequest } from '../../../core/lock.js';
import { exactly, prefixed, type KeyRange } from '../../../store/store.js';
import type { Blocked } from '../grant/grant-transaction.js';
import { permitsInUse } from '../state/view.js';

/** What stands between a caller and its lock: nothing can change for it before a key of it is deleted. */
export interface Blocker {
  readonly range: KeyRange;
  /** How many keys were in it. */
  readonly count: number;
  /** The key of the waiter directly before the caller; undefined: it is at the front. */
  readonly place?: string;
  /** Whether only holders are before the caller, no waiters. */
  readonly atFront: boolean;
}

/**
 * The one thing that a caller waits for: the waiter before it, else those who hold the lock. Undefined if
 * nothing blocks it any more: a semaphore's permits were counted, and there are enough.
 * @throws Fault FAILED_PRECONDITION if those who hold the semaphore named another limit.
 */
export function blockerOf(
  keys: LockKeys,
  request: AcquireRequest,
  { view, predecessor }: Blocked,
): Blocker | undefined {
  if (predecessor !== undefined) {
    return { range: exactly(predecessor), count: 1, place: predecessor, atFront: false };
  }
  if (view.held !== undefined)
    return { range: exactly(keys.held(request.name)), count: 1, atFront: true };
  if (view.sharedCount > 0 && request.mode !== 'SHARED') {
    return { range: prefixed(keys.shared(request.name)), count: view.sharedCount, atFront: true };
  }
  if (view.permitCount > 0 && (request.mode !== 'SEMAPHORE' || !hasRoom(request, view))) {
    return { range: prefixed(keys.permit(request.name)), count: view.permitCount, atFront: true };
  }
  return undefined;
}

function hasRoom(request: AcquireRequest, view: Blocked['view']): boolean {
  const { used, limit } = permitsInUse(view);
  if (limit !== request.limit) {
    throw new Fault(
      'FAILED_PRECONDITION',
      `limit: the semaphore is held with a limit of ${limit}, not ${request.limit}; all must name the same`,
      { field: 'limit', reason: 'LIMIT_MISMATCH' },
    );
  }
  return used + request.permits <= limit;
}
