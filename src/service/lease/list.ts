import type { KeyLayout } from '../../core/keys.js';
import { labelsMatch } from '../../core/labels.js';
import type { LeasePage, ListLeasesRequest } from '../../core/lease.js';
import { parseLeaseId } from '../../core/lease-id.js';
import type { Limits } from '../../core/limits.js';
import { badPageToken, pageSizeOf } from '../../core/paging.js';
import { prefixed } from '../../store/store.js';
import type { Entry, Store } from '../../store/store.js';
import { mapConcurrently } from '../map-concurrently.js';
import { readLeaseRecord } from './record.js';
import { viewLease } from './view.js';

const READS_AT_A_TIME = 16;

/**
 * Where the last page ended: at the `skip`-th lease of those created at `revision`. Not a key, since that
 * would be a lease ID.
 */
interface Cursor {
  readonly revision: number;
  readonly skip: number;
}

/** A page of the leases made through this service, oldest first. */
export async function listLeases(
  parts: { readonly store: Store; readonly layout: KeyLayout; readonly limits: Limits },
  request: ListLeasesRequest,
): Promise<LeasePage> {
  const size = pageSizeOf(request.pageSize, parts.limits);
  const cursor = parseToken(request.pageToken);
  const read = await parts.store.read({
    range: prefixed(parts.layout.leaseRoot),
    order: 'create',
    minCreateRevision: cursor.revision,
    limit: cursor.skip + size,
  });
  const page = read.entries.slice(cursor.skip);
  const views = await mapConcurrently(page.filter(isWanted(request)), READS_AT_A_TIME, (entry) => {
    const id = parseLeaseId(entry.key.slice(parts.layout.leaseRoot.length));
    return viewLease(parts, id, entry);
  });
  return {
    leases: views.filter((view) => view !== undefined),
    nextPageToken: read.more ? writeToken(nextCursor(read.entries)) : '',
  };
}

function isWanted({ owner, selectors }: ListLeasesRequest) {
  return (entry: Entry): boolean => {
    const record = readLeaseRecord(entry);
    if (record === undefined) return false;
    return (owner === '' || record.owner === owner) && labelsMatch(record.labels, selectors);
  };
}

function nextCursor(entries: readonly Entry[]): Cursor {
  const revision = entries.at(-1)?.createRevision ?? 0;
  return { revision, skip: entries.filter((entry) => entry.createRevision === revision).length };
}

function parseToken(token: string): Cursor {
  if (token === '') return { revision: 0, skip: 0 };
  // The store gives no revision to a thousand leases; and what is skipped is read.
  const match = /^([0-9]{1,15})\.([0-9]{1,3})$/.exec(token);
  if (match === null) {
    throw badPageToken();
  }
  return { revision: Number(match[1]), skip: Number(match[2]) };
}

function writeToken({ revision, skip }: Cursor): string {
  return `${revision}.${skip}`;
}
