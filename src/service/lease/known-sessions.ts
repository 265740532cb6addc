import type { LeaseId } from '../../core/lease-id.js';
import { Recent } from '../recent.js';
import { withoutTexts, type LeaseRecord } from './record.js';

const CAPACITY = 50_000;

/**
 * Records of sessions, but for their owners and labels, so that a grant needs not read them. They may be remembered, since nothing changes the record of a
 * lease that is a session already; and a grant to one that has ended fails by itself.
 */
export class KnownSessions {
  readonly #records = new Recent<LeaseId, LeaseRecord>(CAPACITY);

  find(lease: LeaseId): LeaseRecord | undefined {
    return this.#records.get(lease);
  }

  /** Of a record that may be that of a lease made for one lock, which is not remembered. */
  found(lease: LeaseId, record: LeaseRecord | undefined): void {
    if (record?.key === '') this.#records.put(lease, withoutTexts(record));
  }
}
