import { Fault } from '../../core/errors.js';
import { SharedPool } from '../../core/shares.js';
import type { Refusal } from '../../core/shares.js';

const RETRY_AFTER_MS = 1000;

/** A pool, and what its refusals say. */
export class Gate {
  readonly pool: SharedPool;
  /** Made once: a fault keeps a stack, and there are many refusals when there are any. */
  readonly faults: Readonly<Record<Refusal, Fault>>;

  /** @param what it counts, for people. @param setting of the limit, if there is one. */
  constructor(limit: number, word: string, what: string, setting?: string) {
    this.pool = new SharedPool(limit);
    const fault = (reason: string, message: string): Fault =>
      new Fault('RESOURCE_EXHAUSTED', message, { reason, retryAfterMs: RETRY_AFTER_MS });
    const later = 'ask later, or another daemon';
    const raise =
      setting === undefined ? later : `${later}; SHARED_LOCK_LIMIT_${setting} raises the limit`;
    this.faults = {
      FULL: fault(`${word}_LIMIT`, `there are ${limit} ${what} at this daemon; ${raise}`),
      SHARE: fault(
        `${word}_SHARE`,
        `most of the ${limit} ${what} that this daemon has room for are taken, and more than a fair share by this caller; ${raise}`,
      ),
    };
  }

  refusal(user: string | undefined): Fault | undefined {
    const refusal = this.pool.refusal(user);
    return refusal && this.faults[refusal];
  }

  enter(user: string | undefined): Fault | undefined {
    const refusal = this.pool.enter(user);
    return refusal && this.faults[refusal];
  }
}
