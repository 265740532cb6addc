import { labelsMatch } from '../../core/labels.js';
import { leaseBytes, PAGE_BYTES } from '../../core/answer-size.js';
import type { LeasePage, LeaseView, ListLeasesRequest } from '../../core/lease.js';
import { parseLeaseId } from '../../core/lease-id.js';
import { badPageToken, pageSizeOf } from '../../core/paging.js';
import { prefixed } from '../../store/store.js';
import type { Entry } from '../../store/store.js';
import type { Caller } from '../caller.js';
import { Pace, type PaceParts } from '../pace.js';
import type { LeaseParts } from './parts.js';
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
  parts: PaceParts & Pick<LeaseParts, 'store' | 'layout' | 'limits'>,
  request: ListLeasesRequest,
  caller: Caller,
): Promise<LeasePage> {
  const size = pageSizeOf(request.pageSize, parts.limits);
  const cursor = parseToken(request.pageToken);
  const pace = new Pace(parts, caller);
  await pace.begin();
  const read = await parts.store.read({
    range: prefixed(parts.layout.leaseRoot),
    order: 'create',
    minCreateRevision: cursor.revision,
    limit: cursor.skip + size,
  });
  const isListed = isWanted(request);
  const page: LeaseView[] = [];
  let [seen, bytes] = [cursor.skip, 0];
  while (seen < read.entries.length && bytes < PAGE_BYTES) {
    const entries = read.entries.slice(seen, seen + READS_AT_A_TIME);
    const views = await Promise.all(entries.filter(isListed).map((entry) => viewOf(parts, entry)));
    for (const view of views) {
      if (view === undefined) continue;
      page.push(view);
      bytes += leaseBytes(view);
    }
    seen += entries.length;
    await pace.worked(entries.length);
  }
  const isLast = !read.more && seen >= read.entries.length;
  return {
    leases: page,
    nextPageToken: isLast ? '' : writeToken(nextCursor(read.entries.slice(0, seen))),
  };
}

function viewOf(
  parts: Pick<LeaseParts, 'store' | 'layout'>,
  entry: Entry,
): Promise<LeaseView | undefined> {
  return viewLease(parts, parseLeaseId(entry.key.slice(parts.layout.leaseRoot.length)), entry);
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
