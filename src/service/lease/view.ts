import { nameBytes, whileBelow } from '../../core/answer-size.js';
import { decodeName, type KeyLayout } from '../../core/keys.js';
import type { HeldLock, LeaseView } from '../../core/lease.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { LockKind } from '../../core/lock.js';
import type { Entry, Store } from '../../store/store.js';
import { readLeaseRecord } from './record.js';

/**
 * What people may see of a lease; undefined if it has ended.
 * @param entry its record, if it has one.
 * @param shownBytes of the locks that it holds, and as many of the elections in which it leads: there is no limit on either.
 */
export async function viewLease(
  { store, layout }: { readonly store: Store; readonly layout: KeyLayout },
  lease: LeaseId,
  entry: Entry | undefined,
  shownBytes: number,
): Promise<LeaseView | undefined> {
  const state = await store.inspectLease(lease, { keys: true });
  if (state === undefined) return undefined;
  const record = readLeaseRecord(entry);
  const holds = state.keys.filter((key) => isHold(layout, key));
  const leads = state.keys.filter((key) => isLead(layout, key));
  return {
    key: record?.kind === 'lock' ? record.key : '',
    election: record?.kind === 'election' ? record.key : '',
    owner: record?.owner ?? '',
    labels: record?.labels ?? new Map(),
    ttlSeconds: state.ttlSeconds,
    remainingTtlSeconds: state.remainingSeconds,
    createdAtMs: record?.createdAtMs,
    holds: shown(
      holds,
      (key) => heldBy(layout, key),
      ({ name }) => name,
      shownBytes,
    ),
    holdCount: holds.length,
    leads: shown(
      leads,
      (key) => ledBy(layout, key),
      (name) => name,
      shownBytes,
    ),
    leadCount: leads.length,
  };
}

/** What a lease holds, by the keys that are attached to it. */
export function locksAmong(
  layout: KeyLayout,
  keys: readonly string[],
): { readonly kind: LockKind; readonly name: string }[] {
  const holds = keys.filter((key) => isHold(layout, key));
  const leads = keys.filter((key) => isLead(layout, key));
  return [
    ...holds.map((key) => ({ kind: 'lock' as const, name: heldBy(layout, key).name })),
    ...leads.map((key) => ({ kind: 'election' as const, name: ledBy(layout, key) })),
  ];
}

function shown<T>(
  keys: readonly string[],
  read: (key: string) => T,
  nameOf: (item: T) => string,
  maxBytes: number,
): T[] {
  const items = (function* () {
    for (const key of keys) yield read(key);
  })();
  return whileBelow(items, (item) => nameBytes(nameOf(item)), maxBytes);
}

function isHold({ lockRoot, lock }: KeyLayout, key: string): boolean {
  return [lockRoot, lock.sharedRoot, lock.permitRoot].some((root) => key.startsWith(root));
}

/** The lock that a key stands for. */
function heldBy({ lockRoot, lock }: KeyLayout, key: string): HeldLock {
  if (key.startsWith(lockRoot)) return { name: key.slice(lockRoot.length), mode: 'EXCLUSIVE' };
  const isShared = key.startsWith(lock.sharedRoot);
  const name = nameBelow(isShared ? lock.sharedRoot : lock.permitRoot, key);
  return { name, mode: isShared ? 'SHARED' : 'SEMAPHORE' };
}

/** Not the record that goes with a leader's key. */
function isLead({ election }: KeyLayout, key: string): boolean {
  return key.startsWith(election.heldRoot) && key === election.held(ledBy({ election }, key));
}

/** The election whose leader's key it is. */
function ledBy({ election }: Pick<KeyLayout, 'election'>, key: string): string {
  return nameBelow(election.heldRoot, key);
}

function nameBelow(root: string, key: string): string {
  const rest = key.slice(root.length);
  return decodeName(rest.slice(0, rest.indexOf('/')));
}
