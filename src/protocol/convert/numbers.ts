import { invalid } from '../../core/errors.js';
import { parseLeaseId } from '../../core/lease-id.js';
import type { LeaseId } from '../../core/lease-id.js';

/** A lease ID that must be there. @throws Fault INVALID_ARGUMENT for 0, negative ones, and what is no integer. */
export function leaseIdFrom(text: string, field = 'lease_id'): LeaseId {
  return parseLeaseId(text, field);
}

/** A lease ID that may be left out: 0 is none. */
export function optionalLeaseIdFrom(text: string, field = 'lease_id'): LeaseId | undefined {
  return text === '0' ? undefined : parseLeaseId(text, field);
}

/**
 * A fencing token or revision. The store's are below 2^53; a higher one can't be current, so that it may
 * be any number that isn't either.
 * @throws Fault INVALID_ARGUMENT if it is negative.
 */
export function revisionFrom(int64: string, field: string): number {
  if (int64.startsWith('-')) throw invalid(field, 'must not be negative');
  return Math.min(Number(int64), Number.MAX_SAFE_INTEGER);
}
