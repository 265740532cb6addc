import { Fault } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Store } from '../../store/store.js';
import { Recent } from '../recent.js';
import { isHolderRecord } from './holder-records.js';

/** Leases of which it is known how many locks they hold. */
const CAPACITY = 50_000;

/**
 * Limits what one lease holds, since all of it goes at once when the lease ends. This daemon counts what it grants and takes back; others
 * do too, so when that is as many as may be, it asks the store. So at N daemons a lease may come to hold N times as many.
 */
export class LeaseHolds {
  readonly #store: Store;
  readonly #isRecord: (key: string) => boolean;
  readonly #limit: number;
  readonly #counts = new Recent<LeaseId, number>(CAPACITY);

  constructor(store: Store, layout: KeyLayout, limit: number) {
    this.#store = store;
    this.#isRecord = isHolderRecord(layout);
    this.#limit = limit;
  }

  /**
   * Before a lease gets another lock. @param key what would hold that: it may hold it already.
   * @throws Fault RESOURCE_EXHAUSTED if it holds as many as it may.
   */
  async check(lease: LeaseId, key: string): Promise<void> {
    if (this.#countOf(lease) < this.#limit) return;
    const { keys = [] } = (await this.#store.inspectLease(lease, { keys: true })) ?? {};
    const count = keys.filter(this.#isRecord).length;
    this.#counts.put(lease, count);
    if (count < this.#limit || keys.includes(key)) return;
    throw new Fault(
      'RESOURCE_EXHAUSTED',
      `the lease holds ${count} locks, and one lease may hold ${this.#limit}; ` +
        'take others with another lease; SHARED_LOCK_LIMIT_LOCKS_PER_LEASE raises the limit',
      { reason: 'LEASE_LOCKS_LIMIT' },
    );
  }

  granted(lease: LeaseId): void {
    this.#counts.put(lease, this.#countOf(lease) + 1);
  }

  released(lease: LeaseId): void {
    const count = this.#countOf(lease);
    if (count > 1) this.#counts.put(lease, count - 1);
    else this.#counts.delete(lease);
  }

  #countOf(lease: LeaseId): number {
    return this.#counts.get(lease) ?? 0;
  }
}
