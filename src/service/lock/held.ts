import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest, FencingToken, LockMode } from '../../core/lock.js';
import { createdAt, exactly, readAt } from '../../store/store.js';
import type { Compare, Entry, Revision } from '../../store/store.js';
import { holdKey } from './grant-transaction.js';
import type { LockParts } from './parts.js';
import { afterRelease } from './release.js';
import { putAgain } from './regrant.js';

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
export async function freeHeld(parts: LockParts, held: Held): Promise<void> {
  const { store, keys, layout } = parts;
  const { name, key, lease } = held;
  const isExclusive = key === keys.held(name);
  const outcome = await store.transact({
    resource: keys.held(name),
    compare: isOurs(held),
    then: [
      { kind: 'read', range: exactly(layout.lease(lease)) },
      { kind: 'read', range: exactly(isExclusive ? keys.holder(name) : key) },
      { kind: 'delete', range: exactly(key) },
      ...(isExclusive ? [{ kind: 'delete' as const, range: exactly(keys.holder(name)) }] : []),
    ],
    else: [],
  });
  if (outcome.succeeded) await afterRelease(parts, held, outcome);
}

function isOurs({ key, fencingToken, modRevision }: Held): Compare[] {
  return [
    createdAt(key, fencingToken),
    { range: exactly(key), target: 'mod', is: '=', operand: modRevision },
  ];
}

/**
 * Takes a grant over from a stream that broke: from here that one does not free the lock any more.
 * Undefined: the lease does not hold the lock with this token.
 */
export async function takeOver(
  parts: LockParts,
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
    const outcome = await store.transact(putAgain(parts, name, seen));
    if (outcome.succeeded) {
      const { key } = seen;
      const modRevision = outcome.revision;
      return { name, lease, fencingToken, key, modRevision, ttlSeconds, sentAtMs };
    }
    seen = readAt(outcome, 0).entries[0];
  }
  return undefined;
}

const MODES: readonly LockMode[] = ['EXCLUSIVE', 'SHARED', 'SEMAPHORE'];

/** The key by which the lease holds the lock with this token. */
async function find(
  { store, keys }: LockParts,
  name: string,
  lease: LeaseId,
  fencingToken: FencingToken,
): Promise<Entry | undefined> {
  const outcome = await store.transact({
    resource: keys.held(name),
    compare: [],
    then: MODES.map((mode) => ({
      kind: 'read',
      range: exactly(holdKey(keys, { name, mode }, lease)),
    })),
    else: [],
  });
  return MODES.flatMap((_, index) => readAt(outcome, index).entries).find(
    (entry) => entry.lease === lease && entry.createRevision === fencingToken,
  );
}

/** What was just acquired. */
export function heldBy(
  parts: LockParts,
  request: Pick<AcquireRequest, 'name' | 'mode'>,
  grant: {
    readonly leaseId: LeaseId;
    readonly fencingToken: FencingToken;
    readonly ttlSeconds: number;
  },
  sentAtMs: number,
): Held {
  const { leaseId: lease, fencingToken, ttlSeconds } = grant;
  const key = holdKey(parts.keys, request, lease);
  const { name } = request;
  return { name, lease, fencingToken, key, modRevision: fencingToken, ttlSeconds, sentAtMs };
}
