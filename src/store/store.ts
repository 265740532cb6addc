import type { LeaseId } from '../core/lease-id.js';

/**
 * The port: what the services need of a store, a small subset of what etcd does, in our own types.
 * Three engines implement it (memory, embedded, etcd); one contract suite holds them to it.
 *
 * Not promised: that a write whose answer never came did not happen. An engine finds out before it answers;
 * where it can't, it throws Fault UNAVAILABLE, and the caller of the service is told that nothing is known.
 */
export interface Store {
  /**
   * Applies a transaction, atomically and linearizably. Read-only transactions are linearizable too.
   * Never applied twice. Resolves only when the outcome is known and, if it wrote, durable.
   * @throws Fault NOT_FOUND (LEASE_NOT_FOUND) if a put names a lease that has ended: nothing was applied.
   * @throws Fault UNAVAILABLE if the store can't be reached, or the outcome can't be learned in time.
   * @throws Fault RESOURCE_EXHAUSTED if too much waits already, or the store has no space left.
   */
  transact(transaction: Transaction): Promise<Outcome>;

  /** A linearizable read of one range. The same as a transaction of one read. */
  read(read: Omit<Read, 'kind'>): Promise<ReadResult & { readonly revision: Revision }>;

  /**
   * Creates the lease `id`, which the caller chose at random. Granting the same id again meets itself.
   * Expiry is never before `ttlSeconds` have passed since the store received this or a later renewal.
   * A transaction that is begun while the grant is under way may put keys on the lease: it is applied after the grant,
   * or not at all if that fails.
   * @param options `frees`: what is put on it will belong to what frees, as in a transaction. An engine that has no space
   * even for that answers as if it had been granted and had ended at once.
   * @returns the TTL granted, in seconds: at least what was asked.
   * @throws Fault ALREADY_EXISTS if it exists with a shorter TTL.
   */
  grant(id: LeaseId, ttlSeconds: number, options?: { readonly frees?: boolean }): Promise<number>;

  /**
   * Whether a grant may give more than was asked for. Then a transaction that puts keys on the lease waits for the answer of
   * the grant in any case; so its caller loses nothing by waiting too, to know the TTL.
   */
  readonly mayGrantMore: boolean;

  /** Renews for the full TTL. @returns the TTL in seconds, or undefined if the lease has ended: it is never revived. */
  renew(id: LeaseId): Promise<number | undefined>;

  /** Ends a lease and deletes all keys attached to it. @returns false if it had ended before. */
  revoke(id: LeaseId): Promise<boolean>;

  /** What is left of a lease and, if asked for, its keys; undefined if it has ended. */
  inspectLease(id: LeaseId, options?: { readonly keys?: boolean }): Promise<LeaseState | undefined>;

  /**
   * What this engine was told of a lease that was granted, renewed or inspected by way of it, so far as that says more than
   * another `inspectLease` would; undefined: nothing. Costs no request. A lease that was revoked by way of it is forgotten.
   */
  acknowledged(id: LeaseId): Acknowledged | undefined;

  /** Whether the engine may end leases before their time though nobody asked for that, as etcd may (D35). */
  readonly endsLeasesEarly: boolean;

  /** The last change of the store's leader since the engine was opened; undefined: there was none. Costs no request. */
  readonly leaderChange: LeaderChange | undefined;

  /**
   * Delivers every event of a range once, in order of revision, all events of a revision in one batch,
   * beginning with revision `from`. Returns at once; the listener is never called before it has returned.
   * Survives lost connections. The listener must not block: buffering, and its bound, are the caller's.
   * Never throws: a watch that can't be had ends with a reason.
   *
   * `now` begins with the first event after the store has taken notice of the watch, which `started` tells.
   * It is for those who wait: a watch from a revision that others have written past meanwhile gets its
   * first events up to 100 ms late from etcd (its `syncWatchersLoop`), one from `now` at once.
   */
  watch(range: KeyRange, from: Revision | 'now', listener: WatchListener): Watch;

  /** The state of the way to the store, and changes of it. An engine finds out by itself, traffic or none. */
  readonly health: StoreHealth;
  onHealthChange(listener: (health: StoreHealth) => void): void;

  /** Lets go of everything. Revokes no user's lease. What is under way fails with UNAVAILABLE. */
  close(): Promise<void>;
}

/** The store's logical clock: each transaction that writes raises it by one. From 1; below 2^53. */
export type Revision = number;

/** One key, or, with `to`, all keys from `from` (inclusive) to `to` (exclusive), in byte order of their UTF-8. */
export interface KeyRange {
  readonly from: string;
  readonly to?: string;
}

/** A stored key with its value. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Revision of the put that created the key. Deleting and creating it again gives it a new one. */
  readonly createRevision: Revision;
  /** Revision of the last put. */
  readonly modRevision: Revision;
  /** Number of puts since it was created, from 1. */
  readonly version: number;
  /** The lease that it ends with, if any. */
  readonly lease?: LeaseId;
}

/**
 * A condition on every key of a range. For an absent key, and so for an empty range, all numbers are 0 and
 * there is no lease; a `value` condition is never true for it. "No key in this range exists" is
 * `{ range, target: 'create', is: '=', operand: 0 }`.
 */
export type Compare =
  | {
      readonly range: KeyRange;
      readonly target: 'create' | 'mod' | 'version';
      readonly is: '=' | '!=' | '<' | '>';
      readonly operand: number;
    }
  | {
      readonly range: KeyRange;
      readonly target: 'lease';
      readonly is: '=' | '!=';
      /** Undefined: no lease. */
      readonly operand: LeaseId | undefined;
    }
  | {
      readonly range: KeyRange;
      readonly target: 'value';
      readonly is: '=' | '!=';
      readonly operand: string;
    };

export type Operation = Put | Delete | Read;

export interface Put {
  readonly kind: 'put';
  readonly key: string;
  readonly value: string;
  readonly lease?: LeaseId;
}

export interface Delete {
  readonly kind: 'delete';
  readonly range: KeyRange;
}

export interface Read {
  readonly kind: 'read';
  readonly range: KeyRange;
  /** At most so many entries; 0 or absent: all. */
  readonly limit?: number;
  /**
   * Default `key`. `create` is by create revision, oldest first, equal ones by key; `create-desc` the reverse. With a limit, a transaction
   * may give any of those that are equal at the cut.
   */
  readonly order?: 'key' | 'create' | 'create-desc';
  /** Only entries created at this revision or later. */
  readonly minCreateRevision?: Revision;
  /** Only entries created at this revision or earlier. */
  readonly maxCreateRevision?: Revision;
  /** Leave out the values (they are empty). */
  readonly keysOnly?: boolean;
  /** Leave out the entries. */
  readonly countOnly?: boolean;
}

/** All compares true: `then`, else `else`. Operations run in order and see what those before them wrote. */
export interface Transaction {
  /**
   * What it is about, e.g. a lock's key. An engine may send many transactions together; never two of one resource,
   * nor two of which one writes what the other looks at.
   */
  readonly resource: string;
  /**
   * It ends something, and what it puts is small and belongs to that: an engine that keeps space for what frees takes
   * it although it has no more; one that can't put anything then does the rest, as if all had been put (etcd, D44), but not of a `whole` one, whose puts are needed. Not needed
   * where it only deletes.
   */
  readonly frees?: boolean | 'whole';
  readonly compare: readonly Compare[];
  /** At most 32 operations a branch; no key is put twice, or put and deleted, in one branch. */
  readonly then: readonly Operation[];
  readonly else: readonly Operation[];
}

export interface Outcome {
  /** Whether `then` ran. */
  readonly succeeded: boolean;
  /** If it wrote: the revision of its writes. Else the store's revision when it read. */
  readonly revision: Revision;
  /** One for each operation of the branch that ran, in order. */
  readonly results: readonly OperationResult[];
}

export type OperationResult = PutResult | DeleteResult | ReadResult;

export interface PutResult {
  readonly kind: 'put';
}

export interface DeleteResult {
  readonly kind: 'delete';
  readonly deleted: number;
}

export interface ReadResult {
  readonly kind: 'read';
  readonly entries: readonly Entry[];
  /** Keys in the range, whatever limit, minCreateRevision and maxCreateRevision leave out. */
  readonly count: number;
  /** Whether the limit cut the entries. */
  readonly more: boolean;
}

export interface LeaseState {
  /** The TTL that each renewal gives. */
  readonly ttlSeconds: number;
  /** At least 0. etcd rounds it down to whole seconds. */
  readonly remainingSeconds: number;
  /** Keys attached to it, if asked for. */
  readonly keys: readonly string[];
}

/** Of a lease. */
export interface Acknowledged {
  /**
   * The end of its TTL, counted from before the last grant or renewal was sent, or of what was found to be left of it;
   * on the monotonic clock.
   */
  readonly untilMs: number;
  /** Whether the store may have ended it before, though nobody asked for it: etcd, after a change of its leader. */
  readonly mayEndEarly: boolean;
}

/** As the engine noticed it, so a little late. Leases that are older may be ended early by an earlier leader. */
export interface LeaderChange {
  /** What was written later, was written under the present leader. */
  readonly revision: Revision;
  /**
   * On the monotonic clock. The leader gave all leases their full TTL when it began, a little before: what is older does
   * not expire until a TTL from then.
   */
  readonly atMs: number;
}

export type StoreEvent =
  | { readonly kind: 'put'; readonly entry: Entry }
  | {
      readonly kind: 'delete';
      readonly key: string;
      /** What was deleted; absent if that is compacted. */
      readonly previous?: Entry;
    };

export interface WatchListener {
  /** Only of a watch from `now`, once, before all events: it gets those after `revision`. */
  started?(revision: Revision): void;
  /** All events of one revision that fall into the range. */
  events(revision: Revision, events: readonly StoreEvent[]): void;
  /**
   * The way to the store broke, or fell silent: what has happened may not have been told yet. The watch goes on by
   * itself, without a gap, but does not say when it has caught up; a new one from `now` does (`started`). From an engine
   * that can lose its way to the store, at the latest about 10 s after it did.
   */
  interrupted?(): void;
  /** The last call. After `compacted` the events up to `compactRevision` are lost: read the state, watch anew. */
  ended(end: WatchEnd): void;
}

export type WatchEnd =
  | { readonly reason: 'compacted'; readonly compactRevision: Revision }
  /** The store is closed. */
  | { readonly reason: 'closed' }
  /** The engine has as many watches as it can. */
  | { readonly reason: 'too many' };

export interface Watch {
  /** Ends the watch; the listener is not called again. Idempotent. */
  close(): void;
}

export interface StoreHealth {
  readonly ready: boolean;
  /** One line for a person: what is wrong, and what to do. Empty while ready. */
  readonly detail: string;
}

export function exactly(key: string): KeyRange {
  return { from: key };
}

/** All keys that begin with `prefix`, which must be well-formed text. */
export function prefixed(prefix: string): KeyRange {
  // Nearly all end with `/`, and behind an ASCII character comes the next one.
  const last = prefix.charCodeAt(prefix.length - 1);
  if (last < 0x7f) return { from: prefix, to: prefix.slice(0, -1) + String.fromCharCode(last + 1) };
  return prefixedByAny(prefix);
}

function prefixedByAny(prefix: string): KeyRange {
  const characters = Array.from(prefix);
  for (;;) {
    const last = characters.pop()?.codePointAt(0);
    if (last === undefined) throw new RangeError('no key is behind all keys of this prefix');
    if (last === 0x10ffff) continue;
    // The next character in the order of UTF-8, which has no surrogates.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return { from: prefix, to: characters.join('') + String.fromCodePoint(next) };
  }
}

export function absent(range: KeyRange): Compare {
  return { range, target: 'create', is: '=', operand: 0 };
}

export function createdAt(key: string, revision: Revision): Compare {
  return { range: exactly(key), target: 'create', is: '=', operand: revision };
}

/** The result of a read at `index` of an outcome. @throws TypeError if that operation was no read: a defect. */
export function readAt(outcome: Outcome, index: number): ReadResult {
  const result = outcome.results[index];
  if (result?.kind !== 'read') throw new TypeError(`operation ${index} is not a read`);
  return result;
}
