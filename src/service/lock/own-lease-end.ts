import { leaseNotFound } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import { absent, exactly } from '../../store/store.js';
import type { Compare, Put, Revision } from '../../store/store.js';
import { writeLeaseRecord, type LeaseRecord } from '../lease/record.js';
import type { LockParts } from './parts.js';

/*
 * A lease that was made for one lock ends when that is released. But its owner may have taken other locks with it
 * meanwhile. So who takes another makes a session of it first; and who ends it marks it as ending first, which
 * each grant compares. Both compare the lease's record, so only one of them happens.
 */

/** What is recorded of a lease, and when that was written. */
export interface RecordedLease {
  readonly lease: LeaseId;
  readonly record: LeaseRecord | undefined;
  readonly recordRevision: Revision;
}

/**
 * The lease, which was made for another lock, now holds `name` too: from here it is a session.
 * @throws Fault NOT_FOUND if it is about to be revoked, since its own lock was released.
 */
export async function becomeSession(
  { store, layout, kind }: LockParts,
  name: string,
  { lease, record, recordRevision }: RecordedLease,
): Promise<void> {
  if (record === undefined || record.key === '') return;
  if (record.key === name && record.kind === kind) return;
  const key = layout.lease(lease);
  const { succeeded } = await store.transact({
    resource: key,
    compare: [unchanged(key, recordRevision), absent(exactly(layout.ending(lease)))],
    then: [{ kind: 'put', key, value: writeLeaseRecord({ ...record, key: '' }), lease }],
    else: [],
  });
  if (!succeeded) throw leaseNotFound();
}

/**
 * Ends the lease if it was made for the lock `name`, which is released, and is no session by now. `beside` is put
 * together with the mark.
 */
export async function endOwnLease(
  { store, layout, kind }: LockParts,
  name: string,
  { lease, record, recordRevision }: RecordedLease,
  ...beside: readonly Put[]
): Promise<void> {
  if (record?.key !== name || record.kind !== kind) return;
  const key = layout.lease(lease);
  const { succeeded } = await store.transact({
    resource: key,
    compare: [unchanged(key, recordRevision)],
    then: [{ kind: 'put', key: layout.ending(lease), value: 'RELEASED', lease }, ...beside],
    else: [],
  });
  if (succeeded) await store.revoke(lease);
}

function unchanged(key: string, revision: Revision): Compare {
  return { range: exactly(key), target: 'mod', is: '=', operand: revision };
}
