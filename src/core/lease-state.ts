/**
 * What a holder may believe of its lease, by its own monotonic clock alone:
 *
 *     HELD ──half of the TTL without a renewal, or a stall──▶ SUSPECT ──TTL less the margin──▶ LOST
 *       ◀──────────────── renewed, sent after the doubt ──────────┘
 *     HELD, SUSPECT ──the server says that it has ended──▶ LOST
 *
 * A lease counts from when the last renewal that succeeded was SENT: the store counts from when it arrived, which
 * is later. So LOST comes before anybody else can be granted what the lease held, whatever servers say or don't.
 * Not promised: that a process which stands still notices; only that it does with the first event afterwards.
 */
export type LeaseState = Held | Suspect | Lost;

/** Half of the TTL has not passed since the last renewal was sent. */
export interface Held extends Term {
  readonly kind: 'HELD';
}

/** It may well be held, until `lostAtMs`; but it is time to worry, and to renew at once. */
export interface Suspect extends Term {
  readonly kind: 'SUSPECT';
  readonly why: 'OVERDUE' | 'STALLED';
  /** A renewal proves something only if it was sent then or later. */
  readonly doubtedAtMs: number;
}

/** Final: not even a renewal that succeeds revives it. */
export interface Lost {
  readonly kind: 'LOST';
  readonly cause: LossCause;
  /** When it was noticed. */
  readonly atMs: number;
}

/** What a renewal gives. All on one monotonic clock, in milliseconds. */
interface Term {
  /** When the last renewal that succeeded was sent. */
  readonly sentAtMs: number;
  readonly ttlMs: number;
  /** When it is SUSPECT without another renewal. */
  readonly suspectAtMs: number;
  /** When it is LOST without another renewal. */
  readonly lostAtMs: number;
}

/** Why a lease, or what it held, was lost. */
export type LossCause =
  /**
   * No renewal succeeded in time. `lateMs`: how long after the deadline it was noticed; much, if the process stood still. `refusal`: what the daemons
   * said last, if they refused to renew it since the caller may not, or is not known.
   */
  | { readonly kind: 'UNREACHABLE'; readonly lateMs: number; readonly refusal?: string }
  /** The server knows no such lease: it has expired or was revoked. */
  | { readonly kind: 'ENDED' }
  /** Nobody renewed it within its TTL. */
  | { readonly kind: 'EXPIRED' }
  /** Somebody ended it, by its ID. */
  | { readonly kind: 'REVOKED' }
  /** An operator took the lock away. */
  | { readonly kind: 'PREEMPTED'; readonly reason: string }
  /** The lease lives, but it does not hold the lock any more. */
  | { readonly kind: 'NOT_HOLDER' };

export type LeaseEvent =
  /** Time has passed. */
  | { readonly kind: 'TICKED'; readonly nowMs: number }
  /** A renewal succeeded: when it was sent, and the TTL that it was answered. */
  | {
      readonly kind: 'RENEWED';
      readonly nowMs: number;
      readonly sentAtMs: number;
      readonly ttlMs: number;
    }
  /** This process stood still, or its machine slept, maybe unnoticed by the clock: `src/core/stall.ts`. */
  | { readonly kind: 'STALLED'; readonly nowMs: number }
  /** The server says so. That it can't be reached is no event: only the deadline decides then. */
  | { readonly kind: 'ENDED'; readonly nowMs: number; readonly cause: LossCause };

const MIN_MARGIN_MS = 1000;
const MARGIN_SHARE = 0.2;

/**
 * How long before the TTL is over the lease counts as lost: the larger of 1 s and 20 % of the TTL, for clocks that
 * drift and for what it takes to stop working; but at most half of the TTL, so that a TTL of 1 s leaves time to work.
 */
export function marginMs(ttlMs: number): number {
  return Math.min(Math.max(MIN_MARGIN_MS, ttlMs * MARGIN_SHARE), ttlMs / 2);
}

/** The state of a lease that was granted `ttlMs`, by a request that was sent at `sentAtMs`. */
export function heldSince(sentAtMs: number, ttlMs: number): Held {
  return {
    kind: 'HELD',
    sentAtMs,
    ttlMs,
    suspectAtMs: sentAtMs + ttlMs / 2,
    lostAtMs: sentAtMs + ttlMs - marginMs(ttlMs),
  };
}

/**
 * The one transition. Every event looks at the clock first, so that what came too late can't save a lease that is
 * past its deadline. The same object comes back if nothing changes.
 */
export function nextState(state: LeaseState, event: LeaseEvent): LeaseState {
  const ticked = tick(state, event.nowMs);
  if (ticked.kind === 'LOST') return ticked;
  switch (event.kind) {
    case 'TICKED':
      return ticked;
    case 'STALLED':
      return { ...ticked, kind: 'SUSPECT', why: 'STALLED', doubtedAtMs: event.nowMs };
    case 'ENDED':
      return { kind: 'LOST', cause: event.cause, atMs: event.nowMs };
    case 'RENEWED':
      return renew(ticked, event);
  }
}

/** When `TICKED` is due, so that a driver needs one timer; undefined if never. */
export function nextTickAtMs(state: LeaseState): number | undefined {
  switch (state.kind) {
    case 'HELD':
      return state.suspectAtMs;
    case 'SUSPECT':
      return state.lostAtMs;
    case 'LOST':
      return undefined;
  }
}

function tick(state: LeaseState, nowMs: number): LeaseState {
  if (state.kind === 'LOST') return state;
  if (nowMs >= state.lostAtMs) {
    const cause = { kind: 'UNREACHABLE', lateMs: nowMs - state.lostAtMs } as const;
    return { kind: 'LOST', cause, atMs: nowMs };
  }
  if (state.kind === 'HELD' && nowMs >= state.suspectAtMs) {
    return { ...state, kind: 'SUSPECT', why: 'OVERDUE', doubtedAtMs: state.sentAtMs };
  }
  return state;
}

function renew(state: Held | Suspect, event: Extract<LeaseEvent, { kind: 'RENEWED' }>): LeaseState {
  const sentAtMs = Math.min(event.sentAtMs, event.nowMs);
  // The answer of a renewal that was sent before the one that counts says nothing new.
  if (sentAtMs <= state.sentAtMs) return state;
  const held = heldSince(sentAtMs, event.ttlMs);
  const doubted = state.kind === 'SUSPECT' && sentAtMs < state.doubtedAtMs;
  // It was answered so late that it is overdue, or lost, already.
  return tick(doubted ? { ...state, ...held, kind: 'SUSPECT' } : held, event.nowMs);
}
