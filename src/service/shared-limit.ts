import { Fault } from '../core/errors.js';
import type { Refusal } from '../core/shares.js';

/**
 * What a caller is told whom a pool has no room for.
 * @param word the first one of its reason.
 * @param full that all is taken.
 */
export function sharedLimit(refusal: Refusal, word: string, full: string): Fault {
  return refusal === 'FULL'
    ? new Fault('RESOURCE_EXHAUSTED', `${full}; ask another one, or later`, {
        reason: `${word}_LIMIT`,
        retryAfterMs: 1000,
      })
    : new Fault(
        'RESOURCE_EXHAUSTED',
        `${full}, or nearly, and more than a fair share of them by this caller; ask another one, or later`,
        { reason: `${word}_SHARE`, retryAfterMs: 1000 },
      );
}
