import { decodeName, type KeyLayout } from '../../core/keys.js';
import type { HeldLock, LeaseView } from '../../core/lease.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { LockMode } from '../../core/lock.js';
import type { Entry, Store } from '../../store/store.js';
import { readLeaseRecord } from './record.js';

/** What people may see of a lease; undefined if it has ended. `entry` is its record, if it has one. */
export async function viewLease(
  { store, layout }: { readonly store: Store; readonly layout: KeyLayout },
  lease: LeaseId,
  entry: Entry | undefined,
): Promise<LeaseView | undefined> {
  const state = await store.inspectLease(lease, { keys: true });
  if (state === undefined) return undefined;
  const record = readLeaseRecord(entry);
  return {
    key: record?.kind === 'lock' ? record.key : '',
    election: record?.kind === 'election' ? record.key : '',
    owner: record?.owner ?? '',
    labels: record?.labels ?? new Map(),
    ttlSeconds: state.ttlSeconds,
    remainingTtlSeconds: state.remainingSeconds,
    createdAtMs: record?.createdAtMs,
    holds: state.keys.flatMap((key) => heldBy(layout, key)),
    leads: state.keys.flatMap((key) => ledBy(layout, key)),
  };
}

/** The lock that a key stands for; none if it is a record that goes with one. */
function heldBy(layout: KeyLayout, key: string): HeldLock[] {
  const { lockRoot, lock } = layout;
  if (key.startsWith(lockRoot)) return [{ name: key.slice(lockRoot.length), mode: 'EXCLUSIVE' }];
  const roots: readonly (readonly [string, LockMode])[] = [
    [lock.sharedRoot, 'SHARED'],
    [lock.permitRoot, 'SEMAPHORE'],
  ];
  for (const [root, mode] of roots) {
    if (!key.startsWith(root)) continue;
    const rest = key.slice(root.length);
    return [{ name: decodeName(rest.slice(0, rest.indexOf('/'))), mode }];
  }
  return [];
}

/** The election whose leader's key it is; none for the record that goes with it. */
function ledBy({ election }: KeyLayout, key: string): string[] {
  if (!key.startsWith(election.heldRoot)) return [];
  const rest = key.slice(election.heldRoot.length);
  const name = decodeName(rest.slice(0, rest.indexOf('/')));
  return key === election.held(name) ? [name] : [];
}
