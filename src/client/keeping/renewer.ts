import type { Clock, Timer } from '../../clock/clock.js';
import { marginMs } from '../../core/lease-state.js';
import type { LeaseState } from '../../core/lease-state.js';
import { SharedLockError } from '../errors.js';
import { backoffMs } from '../wire/backoff.js';
import type { LeaseGuard } from './lease-guard.js';

/** How renewals are sent; `RenewalLink` over the wire. */
export interface RenewalWays {
  /** `doubted` is called if another renewal, sent the same way, was not answered in time, and this one neither. */
  renew(leaseId: string, timeoutMs: number, doubted: () => void): Renewal;
  /** A lease is kept: the way that renewals go now is to be open in so long, if any lease is kept then. */
  openIn(delayMs: number): void;
  /** Whether the next way is to be open before it is needed: there is a lease that could not wait for that. */
  keepWarm(isNeeded: boolean): void;
  /** Nothing is to be renewed for now: what is open does not keep the process alive. */
  rest(): void;
}

/** One renewal that was sent. */
export interface Renewal {
  /** Resolves to the TTL granted, in milliseconds. */
  readonly answer: Promise<number>;
  /** Its answer is late: the next ones go another way. */
  doubt(): void;
}

const SHARE_OF_TTL_TO_RENEW = 1 / 3;
/** Of leases of less than 5 s the margin takes a large part: so much of the time that is left. */
const SHARE_OF_TERM_TO_RENEW = 5 / 12;
const SHARE_OF_TTL_TO_HEDGE = 1 / 10;
const MAX_HEDGE_MS = 1000;
const MAX_BETWEEN_HEDGES_MS = 30_000;

/**
 * Renews one lease every third of its TTL, a short one more often. A renewal that is not answered soon is sent again another way beside the
 * first one, and so on until one is answered or the lease is lost; the first answer counts.
 */
export class Renewer {
  readonly #clock: Clock;
  readonly #ways: RenewalWays;
  readonly #leaseId: string;
  readonly #ttlMs: number;
  readonly #guard: LeaseGuard;
  /** For the next round, or within one for the next try. */
  #timer: Timer | undefined;
  /** Of this round. */
  #tries = 0;
  #last: Renewal | undefined;
  /** Answers to tries of earlier rounds don't move this one. */
  #round = 0;
  #isStopped = false;

  constructor(
    clock: Clock,
    ways: RenewalWays,
    lease: { readonly id: string; readonly ttlMs: number; readonly guard: LeaseGuard },
  ) {
    this.#clock = clock;
    this.#ways = ways;
    this.#leaseId = lease.id;
    this.#ttlMs = lease.ttlMs;
    this.#guard = lease.guard;
    lease.guard.listen((after, before) => this.#follow(after, before));
    const { state } = lease.guard;
    if (state.kind !== 'LOST') this.#nextRound(state.sentAtMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #follow(after: LeaseState, before: LeaseState): void {
    if (after.kind === 'LOST') this.stop();
    // There is doubt: don't wait for the pace, unless a round is under way.
    else if (after.kind === 'SUSPECT' && before.kind === 'HELD' && this.#tries === 0) this.#try();
  }

  #nextRound(sentAtMs: number): void {
    this.#tries = 0;
    this.#round += 1;
    const termMs = this.#ttlMs - marginMs(this.#ttlMs);
    const paceMs = Math.min(this.#ttlMs * SHARE_OF_TTL_TO_RENEW, termMs * SHARE_OF_TERM_TO_RENEW);
    this.#later(sentAtMs + paceMs - this.#clock.now());
  }

  #later(delayMs: number): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    this.#timer = this.#clock.timer(delayMs, () => this.#try());
  }

  #try(): void {
    const { state } = this.#guard;
    if (this.#isStopped || state.kind === 'LOST') return;
    const round = this.#round;
    const tries = ++this.#tries;
    const sentAtMs = this.#clock.now();
    const timeoutMs = state.lostAtMs - sentAtMs;
    if (tries > 1) this.#last?.doubt();
    const renewal = this.#ways.renew(this.#leaseId, timeoutMs, () => {
      // Unless it was sent again already.
      if (round === this.#round && tries === this.#tries) this.#try();
    });
    this.#last = renewal;
    this.#later(this.#hedgeMs(tries));
    renewal.answer.then(
      (ttlMs) => {
        if (this.#isStopped) return;
        this.#guard.renewed(sentAtMs, ttlMs);
        if (round === this.#round) this.#nextRound(sentAtMs);
      },
      (error: unknown) => this.#failed(error, round, tries),
    );
  }

  #failed(error: unknown, round: number, tries: number): void {
    if (this.#isStopped) return;
    if (error instanceof SharedLockError && error.code === 'NOT_FOUND') {
      const isForced = error.reason === 'PREEMPTED';
      this.#guard.ended(
        isForced ? { kind: 'PREEMPTED', reason: error.message } : { kind: 'ENDED' },
      );
      return;
    }
    if (isRefusal(error) && round === this.#round) this.#guard.refused(error.message);
    // Nothing is known of the lease. If no other try is under way, don't wait as long as for an answer.
    if (round === this.#round && tries === this.#tries) this.#later(backoffMs(tries));
  }

  #hedgeMs(tries: number): number {
    const shareMs = this.#ttlMs * SHARE_OF_TTL_TO_HEDGE;
    const firstMs = Math.min(shareMs, MAX_HEDGE_MS);
    const longestMs = Math.max(firstMs, Math.min(shareMs, MAX_BETWEEN_HEDGES_MS));
    return Math.min(firstMs * 2 ** Math.min(tries - 1, 20), longestMs);
  }
}

/** The caller may not, or is not known: a policy or a token can be put right before the lease is over. */
function isRefusal(error: unknown): error is SharedLockError {
  if (!(error instanceof SharedLockError)) return false;
  return error.code === 'PERMISSION_DENIED' || error.code === 'UNAUTHENTICATED';
}
