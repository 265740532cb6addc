import { marginMs } from './lease-state.js';
import type { LeaseId } from './lease-id.js';
import type { AcquireRequest, FencingToken, Grant, Holder, HoldEnd } from './lock.js';

/** Asks for a lock that is held as long as the stream is open. */
export interface HoldRequest extends Omit<AcquireRequest, 'lease' | 'requestId'> {
  /** Takes over a grant, which another stream had: then nothing else of the request counts but the name. */
  readonly resume: Resume | undefined;
}

export interface Resume {
  readonly lease: LeaseId;
  readonly fencingToken: FencingToken;
}

export type HoldEvent =
  /** So many are before the caller, and itself: 1 is next. Told at first, and when it changes. */
  | { readonly kind: 'queued'; readonly position: number }
  /** `quietMs`: a caller that has heard nothing for so long must count the lock as lost. */
  | { readonly kind: 'acquired'; readonly grant: Grant; readonly quietMs: number }
  /** The wait is over. The last event. */
  | { readonly kind: 'notAcquired'; readonly holders: readonly Holder[] }
  /** Nothing new: the lock is held. */
  | { readonly kind: 'alive' }
  /** A renewal is overdue: without one the lock is lost after `leftMs`. */
  | { readonly kind: 'jeopardy'; readonly leftMs: number }
  /** The jeopardy is over. */
  | { readonly kind: 'safe' }
  /** The last event. */
  | { readonly kind: 'lost'; readonly end: HoldEnd }
  /** The caller closed its side, and the lock is free. The last event. */
  | { readonly kind: 'released' };

/**
 * How soon a daemon may free the lock of a caller whose connection is cut: what its HTTP/2 pings take at least
 * (`pingTimeoutMs` of the gRPC wire), less a second for the caller.
 */
const MOST_QUIET_MS = 4000;
/** So that at least three fall within it, of which two may be late. */
const SIGNS_IN_QUIET = 4;

/**
 * How long a caller of Hold may hear nothing before it must count the lock as lost: 4 s, or less for a TTL below
 * 9 s, since a daemon that dies just before a renewal, which is due each third of the TTL, leaves two thirds of it.
 */
export function quietMs(ttlMs: number): number {
  return Math.min(MOST_QUIET_MS, (ttlMs * 2) / 3 - marginMs(ttlMs));
}

/** How often the daemon gives a sign of life. */
export function signPeriodMs(ttlMs: number): number {
  return quietMs(ttlMs) / SIGNS_IN_QUIET;
}
