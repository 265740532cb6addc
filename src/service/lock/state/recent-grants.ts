import type { LeaseId } from '../../../core/lease-id.js';
import type { FencingToken } from '../../../core/lock.js';
import { withoutTexts, type RecordedLease } from '../../lease/record.js';
import { Recent } from '../../recent.js';

const CAPACITY = 50_000;

/** What this daemon granted. */
export interface RecentGrant {
  /** The key that holds the lock. */
  readonly key: string;
  readonly token: FencingToken;
  readonly acquiredAtMs: number;
  /** Without the owner and the labels. */
  readonly recorded: RecordedLease;
}

/**
 * Grants of this daemon, so that their release needs not read what the grant wrote. Only a guess at what is there by now: a
 * release compares what it depends on.
 */
export class RecentGrants {
  readonly #grants = new Recent<string, RecentGrant>(CAPACITY);

  granted(name: string, grant: RecentGrant): void {
    const { lease, record, recordRevision } = grant.recorded;
    const brief = { lease, record: record && withoutTexts(record), recordRevision };
    this.#grants.put(idOf(name, lease), { ...grant, recorded: brief });
  }

  /** The grant with this token; with 0, the last one. */
  find(name: string, lease: LeaseId, token: FencingToken): RecentGrant | undefined {
    const grant = this.#grants.get(idOf(name, lease));
    return token === 0 || grant?.token === token ? grant : undefined;
  }

  forget(name: string, lease: LeaseId): void {
    this.#grants.delete(idOf(name, lease));
  }
}

function idOf(name: string, lease: LeaseId): string {
  return `${lease}/${name}`;
}
