import type { Clock } from '../clock/clock.js';
import type { Quota } from '../core/access/quota.js';
import type { Principal } from '../core/access/principal.js';
import type { LeaseOwner } from '../core/access/lease-use.js';
import type { LockKind } from '../core/lock.js';
import { Fault, isFault } from '../core/errors.js';

/** What a caller may do, as far as that is known only where leases and requests are. */
export interface Rights {
  readonly principal: Principal;
  readonly quota: Quota;
  /** Bytes that the documents of a namespace may take of the store; undefined: they are not counted. */
  spaceOf(namespace: string): number | undefined;
  /** Whose what it makes is; undefined: nobody's. */
  readonly ownerId: string | undefined;
  /** Of one who takes a lock by force, for the audit: who that is, and which rule lets it. */
  forceFacts(kind: LockKind, name: string): Readonly<Record<string, string | number>>;
  /** Whether it may use a lease whose ID it knows. */
  mayUse(lease: LeaseOwner): boolean;
  /** Whether it may be told the outcome of a request that was made under this id. */
  mayReplay(ownerId: string): boolean;
}

/** Where a call came from. */
export interface CallOrigin {
  /** Undefined: it may do anything, and what it makes is nobody's. */
  readonly rights?: Rights | undefined;
  readonly wire?: string;
  /** Address and port, or `unix`. */
  readonly peer?: string;
}

/** The one who asks, as far as a service cares. */
export interface Caller extends CallOrigin {
  /** Aborts when the caller has gone away: nobody will hear the answer. */
  readonly signal: AbortSignal;
  /** The same, for who only looks: to make a signal takes long. Absent: as the signal says. */
  readonly hasLeft?: () => boolean;
  /** Whose share of what all callers have a call takes; undefined: it has no share, and is refused only when all is taken. */
  readonly user?: string | undefined;
  /** When the caller stops waiting for an answer, on the monotonic clock. Absent: never. */
  readonly deadlineMs?: number | undefined;
}

/**
 * What aborts the signal of a caller whose connection broke. Whoever cancels a call gets another reason. Made once, as `GONE`: thousands
 * may go at a time, and to write down where a fault was made takes long.
 */
export const CONNECTION_BROKEN = new Fault('CANCELLED', 'the connection of the caller broke');

const GONE = new Fault('CANCELLED', 'the caller went away');

/** The caller did not say that it gave up: its connection broke, or its token has ended. It may ask again. */
export function hasBroken(caller: Caller): boolean {
  if (!isGone(caller)) return false;
  const { reason } = caller.signal as { readonly reason: unknown };
  return reason === CONNECTION_BROKEN || isFault(reason, 'UNAUTHENTICATED');
}

/** The caller has gone away. */
export function isGone(caller: Caller): boolean {
  return caller.hasLeft?.() ?? caller.signal.aborted;
}

/** @throws Fault CANCELLED or DEADLINE_EXCEEDED if the caller no longer waits. */
export function throwIfGone(caller: Caller, clock: Clock): void {
  if (isGone(caller)) throw GONE;
  if (caller.deadlineMs !== undefined && clock.now() >= caller.deadlineMs) {
    throw new Fault('DEADLINE_EXCEEDED', 'the deadline passed before there was an answer');
  }
}
