import { shownHolders } from '../../../core/answer-size.js';
import type { LockKeys } from '../../../core/keys.js';
import type { Holder } from '../../../core/lock.js';
import { prefixed } from '../../../store/store.js';
import type { Entry, Read, Revision, Store } from '../../../store/store.js';
import { readKey, transact, type Query } from '../../transaction.js';
import { readExclusiveHolder, readHolder, readPermits } from './records.js';

/** A store, and where the locks of one kind lie in it. */
export interface LockStore {
  readonly store: Store;
  readonly keys: LockKeys;
}

/** What a lock's keys say at one revision, without its queue. */
export interface LockView {
  /** The exclusive holder's key. */
  readonly held: Entry | undefined;
  /** What stands beside it. */
  readonly beside: Entry | undefined;
  readonly shared: readonly Entry[];
  readonly permits: readonly Entry[];
  readonly sharedCount: number;
  readonly permitCount: number;
  readonly revision: Revision;
}

/** Reads all holders of a lock; of shared ones and permits `limit` at most (0: all). */
export function viewQuery(keys: LockKeys, name: string, limit: number): Query<LockView> {
  const held = readKey(keys.held(name));
  const beside = readKey(keys.holder(name));
  const shared: Read = { kind: 'read', range: prefixed(keys.shared(name)), limit };
  const permits: Read = { kind: 'read', range: prefixed(keys.permit(name)), limit };
  return {
    reads: [held, beside, shared, permits],
    found: (done) => ({
      held: done.entry(held),
      beside: done.entry(beside),
      shared: done.entries(shared),
      permits: done.entries(permits),
      sharedCount: done.result(shared).count,
      permitCount: done.result(permits).count,
      revision: done.revision,
    }),
  };
}

/** Reads all holders of a lock, as `viewQuery`. */
export async function lookAt(
  { store, keys }: LockStore,
  name: string,
  limit: number,
): Promise<LockView> {
  const view = viewQuery(keys, name, limit);
  return view.found(await transact(store, { resource: keys.held(name), then: view.reads }));
}

/** What holds the lock, in the order of the grants, as far as an answer shows it. */
export function holdersOf(view: LockView, wallMs: number): Holder[] {
  return shownHolders(holdersIn(view, wallMs));
}

function* holdersIn(view: LockView, wallMs: number): Generator<Holder> {
  for (const entry of entriesInOrder(view)) yield holderOf(view, entry, wallMs);
}

/** The keys of those who hold the lock, in the order of the grants. */
export function entriesInOrder(view: LockView): Entry[] {
  return holdingEntries(view).sort((a, b) => a.createRevision - b.createRevision);
}

export function holderOf(view: LockView, entry: Entry, wallMs: number): Holder {
  if (entry === view.held) return readExclusiveHolder(entry, view.beside, wallMs);
  return readHolder(entry, view.shared.includes(entry) ? 'SHARED' : 'SEMAPHORE', wallMs);
}

/** The keys whose create revisions are the fencing tokens of those who hold the lock. */
export function holdingEntries(view: LockView): Entry[] {
  return [...(view.held === undefined ? [] : [view.held]), ...view.shared, ...view.permits];
}

export function holderCount(view: LockView): number {
  return (view.held === undefined ? 0 : 1) + view.sharedCount + view.permitCount;
}

/** Permits in use, and the limit that those who hold them named (0: nobody holds any). */
export function permitsInUse(view: LockView): { readonly used: number; readonly limit: number } {
  let used = 0;
  let limit = 0;
  for (const entry of view.permits) {
    const record = readPermits(entry);
    used += record.permits;
    limit = Math.max(limit, record.limit);
  }
  return { used, limit };
}
