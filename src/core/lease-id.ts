import { invalid } from './errors.js';

/**
 * A lease ID: a positive 63-bit integer as canonical decimal text. A string, because JavaScript numbers
 * lose digits above 2^53. It is a capability: log, list and error messages never contain one.
 */
export type LeaseId = string & { readonly brand: 'LeaseId' };

export const MAX_INT64 = 2n ** 63n - 1n;

/**
 * Reads a lease ID.
 * @throws Fault INVALID_ARGUMENT unless the text is a decimal integer from 1 to 2^63-1 without sign or leading zeros.
 */
export function parseLeaseId(text: string, field = 'lease_id'): LeaseId {
  if (!/^[1-9][0-9]{0,18}$/.test(text) || BigInt(text) > MAX_INT64) {
    throw invalid(field, 'is not a lease ID: a decimal integer from 1 to 9223372036854775807');
  }
  return text as LeaseId;
}

/** Makes a lease ID of 8 random bytes: the sign bit is dropped, and 0 becomes 1. */
export function leaseIdFromBytes(bytes: Uint8Array): LeaseId {
  const random = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  const positive = random & MAX_INT64;
  return (positive === 0n ? 1n : positive).toString() as LeaseId;
}
