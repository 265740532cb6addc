import { Fault } from '../../core/errors.js';

/** The most that entries and leases may take of the memory. */
export interface DataLimit {
  readonly bytes: number;
  /** What a person has to do for more, to end the message. */
  readonly hint: string;
}

/**
 * Refuses what would fill the memory, before that ends the process. What frees, and renewals, are never asked about.
 * @throws Fault RESOURCE_EXHAUSTED if there would be too much after a growth.
 */
export function checkGrowth(limit: DataLimit, usedBytes: number, growth: number): void {
  if (growth <= 0 || usedBytes + growth <= limit.bytes) return;
  throw new Fault(
    'RESOURCE_EXHAUSTED',
    `the store holds ${usedBytes} bytes in memory, and may hold ${limit.bytes}: delete something, or ${limit.hint}`,
    { reason: 'STORE_FULL' },
  );
}
