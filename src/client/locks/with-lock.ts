import type { FencingToken } from '../../core/lock.js';
import { NotAcquiredError } from '../errors.js';
import { truthfulLinked } from '../keeping/held-signal.js';
import type { ClientParts } from '../parts.js';
import type { Acquired } from './acquire.js';
import type { LeaseStatus } from './held-lease.js';
import type { Lock } from './lock.js';

/** What work under a lock gets. */
export interface LockContext {
  /**
   * Aborts when the lock is lost, with a LockLostError as its reason: stop then. Also when the options' `signal` does, and when
   * the client is closed: end soon then; so long the lock is kept. Combine it with others by `lock.signalWith`.
   */
  readonly signal: AbortSignal;
  /** Give it along with what you write. */
  readonly fencingToken: FencingToken;
  /** To look at, and to `confirm`; it is released when the work has ended. */
  readonly lock: Lock;
  /** The lease that holds it. */
  readonly lease: LeaseStatus;
}

/** @throws NotAcquiredError if somebody else holds it. */
export function lockIn(acquired: Acquired): Lock {
  if (acquired.kind === 'acquired') return acquired.lock;
  throw new NotAcquiredError(acquired.claim.name, acquired.claim.title, acquired.holders);
}

/**
 * Runs `work`, and releases the lock however that ends. What the work throws is thrown, whatever else goes wrong.
 * @param callerSignal aborts the work's signal too; then the outcome of the work stands.
 * @throws LockLostError if the work came to its end without the lock; SharedLockError CANCELLED if the client was closed.
 */
export async function runUnder<T>(
  { works, stopping }: ClientParts,
  lock: Lock,
  callerSignal: AbortSignal | undefined,
  work: (context: LockContext) => Promise<T> | T,
): Promise<T> {
  const { fencingToken, lease } = lock;
  try {
    // Closed between the grant and here, the client gives the lock back already.
    stopping.throwIfAborted();
    using linked = callerSignal && truthfulLinked(lock.signal, callerSignal);
    const { signal } = linked ?? lock;
    const result = await works.run(lock, () => work({ signal, fencingToken, lock, lease }));
    // Not yet released, so that a loss during the work is told apart from one afterwards.
    lock.signal.throwIfAborted();
    return result;
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}
