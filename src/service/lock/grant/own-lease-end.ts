import { leaseNotFound } from '../../../core/errors.js';
import type { KeyLayout } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { LockKind } from '../../../core/lock.js';
import { absent, exactly } from '../../../store/store.js';
import type { Store, Compare, Put } from '../../../store/store.js';
import type { LeaseEnds } from '../../lease/lease-ends.js';
import { readLeaseRecord, writeLeaseRecord, type RecordedLease } from '../../lease/record.js';
import { lastPutAt, put, readKey, readKeyOnly, transact } from '../../transaction.js';

/*
 * A lease that was made for one lock ends when that is released. But its owner may have taken other locks with it
 * meanwhile. So who takes another makes a session of it first; and who ends it marks it as ending first, which
 * each grant compares. Both compare the lease's record, so only one of them happens.
 */

/** What it takes to make a session of a lease that was made for one lock. */
export interface MakeSessionParts {
  readonly store: Store;
  readonly layout: KeyLayout;
  readonly kind: LockKind;
}

/** What it takes to end it with its lock. */
export interface OwnLeaseEndParts extends MakeSessionParts {
  readonly leaseEnds: Pick<LeaseEnds, 'endSoon'>;
}

/**
 * The lease, which may have been made for one lock, was given to hold another, or that one anew: from here it is a session,
 * and the end of what it was made for, which may yet be under way, does not end it.
 * @throws Fault NOT_FOUND if it is about to be revoked, since its own lock was released.
 */
export async function becomeSession(
  { store, layout }: Pick<MakeSessionParts, 'store' | 'layout'>,
  { lease, record: recorded, recordRevision: recordedAt }: RecordedLease,
): Promise<void> {
  const key = layout.lease(lease);
  let record = recorded;
  let recordRevision = recordedAt;
  while (record !== undefined && record.key !== '') {
    const [now, ending] = [readKey(key), readKeyOnly(layout.ending(lease))];
    const done = await transact(store, {
      resource: key,
      compare: [lastPutAt(key, recordRevision), absent(exactly(layout.ending(lease)))],
      then: [put(key, writeLeaseRecord({ ...record, key: '' }), lease)],
      else: [now, ending],
    });
    if (done.succeeded) return;
    const entry = done.entry(now);
    if (entry === undefined || done.entry(ending) !== undefined) throw leaseNotFound();
    // Another lock that it took at the same time was faster.
    record = readLeaseRecord(entry);
    recordRevision = entry.modRevision;
  }
}

/** The same for a grant that is told again: whoever made it may not have come so far. */
export async function becomeSessionLate(
  parts: MakeSessionParts,
  name: string,
  lease: LeaseId,
): Promise<void> {
  const [entry] = (await parts.store.read({ range: exactly(parts.layout.lease(lease)) })).entries;
  const record = readLeaseRecord(entry);
  if (record?.key === name && record.kind === parts.kind) return;
  await becomeSession(parts, { lease, record, recordRevision: entry?.modRevision ?? 0 });
}

/**
 * Ends the lease if it was made for the lock `name`, which is released, and is no session by now. `beside` is put
 * together with the mark.
 */
export async function endOwnLease(
  parts: OwnLeaseEndParts,
  name: string,
  recorded: RecordedLease,
  ...beside: readonly Put[]
): Promise<void> {
  if (!isOwnLease(parts, name, recorded)) return;
  const { store, layout, leaseEnds } = parts;
  const { lease } = recorded;
  const { compares, puts } = endingMark(layout, recorded);
  const resource = layout.lease(lease);
  const then = [...puts, ...beside];
  const { succeeded } = await transact(store, { resource, frees: true, compare: compares, then });
  if (succeeded) await leaseEnds.endSoon(lease);
}

/** Whether the lease was made for the lock `name` alone, as far as is known. */
export function isOwnLease(
  { kind }: Pick<MakeSessionParts, 'kind'>,
  name: string,
  { record }: RecordedLease,
): boolean {
  return record?.key === name && record.kind === kind;
}

/** A transaction's part that marks a lease as ending, if it is no session by now. */
interface EndingMark {
  readonly compares: readonly Compare[];
  readonly puts: readonly Put[];
}

export const NO_MARK: EndingMark = { compares: [], puts: [] };

export function endingMark(
  layout: KeyLayout,
  { lease, recordRevision }: RecordedLease,
): EndingMark {
  return {
    compares: [lastPutAt(layout.lease(lease), recordRevision)],
    puts: [put(layout.ending(lease), 'RELEASED', lease)],
  };
}
