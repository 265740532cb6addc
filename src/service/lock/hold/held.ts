import type { Clock } from '../../../clock/clock.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { AcquireRequest, FencingToken, LockMode } from '../../../core/lock.js';
import { createdAt } from '../../../store/store.js';
import type { Compare, Entry, Revision } from '../../../store/store.js';
import { lastPutAt, readKey, transact } from '../../transaction.js';
import { holdKey } from '../grant/grant-transaction.js';
import { putAgain } from '../grant/regrant.js';
import { afterRelease, deleteHold, type AfterReleaseParts } from '../release/hold-deletion.js';
import type { LockStore } from '../state/view.js';

/** A lock that a stream holds. */
export interface Held {
  readonly name: string;
  readonly lease: LeaseId;
  readonly fencingToken: FencingToken;
  /** The key that holds it. */
  readonly key: string;
  /** Of its last put: by taking the grant over, another stream puts it again. */
  readonly modRevision: Revision;
  readonly ttlSeconds: number;
  /** Before the last grant or renewal that succeeded was sent. */
  readonly sentAtMs: number;
}

/** Is it ours, whoever put the key last? */
export function isStill({ fencingToken, lease }: Held, entry: Entry | undefined): boolean {
  return entry?.createRevision === fencingToken && entry.lease === lease;
}

/**
 * Frees the lock, and ends the lease if it was made for it alone. If the grant was taken over by another stream,
 * it stays. Harmless to repeat.
 */
export async function freeHeld(parts: LockStore & AfterReleaseParts, held: Held): Promise<void> {
  const { store, keys } = parts;
  const { name, key } = held;
  const deletion = deleteHold(parts, held, key);
  const done = await transact(store, {
    resource: keys.held(name),
    compare: isOurs(held),
    then: deletion.operations,
  });
  if (done.succeeded) await afterRelease(parts, held, deletion.found(done));
}

function isOurs({ key, fencingToken, modRevision }: Held): Compare[] {
  return [createdAt(key, fencingToken), lastPutAt(key, modRevision)];
}

/**
 * Takes a grant over from a stream that broke: from here that one does not free the lock any more.
 * Undefined: the lease does not hold the lock with this token.
 */
export async function takeOver(
  parts: LockStore & { readonly clock: Clock },
  name: string,
  lease: LeaseId,
  fencingToken: FencingToken,
): Promise<Held | undefined> {
  const { store, clock } = parts;
  const sentAtMs = clock.now();
  // First, so that what is found lives on for a while.
  const ttlSeconds = await store.renew(lease);
  if (ttlSeconds === undefined) return undefined;
  let seen = await find(parts, name, lease, fencingToken);
  while (seen?.createRevision === fencingToken && seen.lease === lease) {
    const again = putAgain(parts, name, seen);
    const done = await transact(store, again.draft);
    if (done.succeeded) {
      const { key } = seen;
      const modRevision = done.revision;
      return { name, lease, fencingToken, key, modRevision, ttlSeconds, sentAtMs };
    }
    seen = done.entry(again.now);
  }
  return undefined;
}

const MODES: readonly LockMode[] = ['EXCLUSIVE', 'SHARED', 'SEMAPHORE'];

/** The key by which the lease holds the lock with this token. */
async function find(
  { store, keys }: LockStore,
  name: string,
  lease: LeaseId,
  fencingToken: FencingToken,
): Promise<Entry | undefined> {
  const reads = MODES.map((mode) => readKey(holdKey(keys, { name, mode }, lease)));
  const done = await transact(store, { resource: keys.held(name), then: reads });
  return reads
    .flatMap((read) => done.entries(read))
    .find((entry) => entry.lease === lease && entry.createRevision === fencingToken);
}

/** What was just acquired. */
export function heldBy(
  { keys }: Pick<LockStore, 'keys'>,
  request: Pick<AcquireRequest, 'name' | 'mode'>,
  grant: {
    readonly leaseId: LeaseId;
    readonly fencingToken: FencingToken;
    readonly ttlSeconds: number;
  },
  sentAtMs: number,
): Held {
  const { leaseId: lease, fencingToken, ttlSeconds } = grant;
  const key = holdKey(keys, request, lease);
  const { name } = request;
  return { name, lease, fencingToken, key, modRevision: fencingToken, ttlSeconds, sentAtMs };
}
