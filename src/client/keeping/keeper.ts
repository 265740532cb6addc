import type { Clock, Timer } from '../../clock/clock.js';
import type { StayAlive } from '../../clock/stay-alive.js';
import { Fault } from '../../core/errors.js';
import { hasStalled } from '../../core/stall.js';
import type { ClockReading } from '../../core/stall.js';
import { SharedLockError } from '../errors.js';
import { LeaseGuard } from './lease-guard.js';
import { Renewer } from './renewer.js';
import type { RenewalWays } from './renewer.js';

const MAX_LEASES = 10_000;
const TICK_MS = 1000;
/** A lease of less has no time to wait for a new connection once a renewal is late. */
const SHORT_TTL_MS = 5000;
/**
 * The first renewal has not to wait for its connection, for which a daemon that has too much to do may need a second or two. Who holds a
 * lease for less needs none.
 */
const SHARE_OF_TTL_TO_OPEN = 1 / 10;
const MAX_TO_OPEN_MS = 1000;

/** A lease that is renewed until it is lost, or `stop` is called. */
export interface KeptLease {
  readonly guard: LeaseGuard;
  stop(): void;
  /** Renews it no more. The guard still tells when it is lost. */
  leave(): void;
}

/** Keeps all leases of a client alive, and the process with them, and looks out for stalls. */
export class Keeper {
  readonly #clock: Clock;
  readonly #ways: RenewalWays;
  readonly #stayAlive: StayAlive;
  readonly #guards = new Set<LeaseGuard>();
  #shortOnes = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, ways: RenewalWays, stayAlive: StayAlive) {
    this.#clock = clock;
    this.#ways = ways;
    this.#stayAlive = stayAlive;
  }

  /** @throws SharedLockError RESOURCE_EXHAUSTED if 10,000 leases are kept already. */
  checkRoom(): void {
    if (this.#guards.size < MAX_LEASES) return;
    const message = `this client keeps ${MAX_LEASES} leases already; take more locks with one lease`;
    throw new SharedLockError(new Fault('RESOURCE_EXHAUSTED', message));
  }

  /** `sentAtMs`: when the request was sent that was answered with the lease, or with its last renewal. */
  keep(id: string, sentAtMs: number, ttlMs: number): KeptLease {
    const guard = new LeaseGuard(this.#clock, sentAtMs, ttlMs);
    const renewer = new Renewer(this.#clock, this.#ways, { id, ttlMs, guard });
    const rest = this.#stayAlive.need();
    const isShort = ttlMs < SHORT_TTL_MS;
    this.#ways.openIn(Math.min(ttlMs * SHARE_OF_TTL_TO_OPEN, MAX_TO_OPEN_MS));
    if (isShort && ++this.#shortOnes === 1) this.#ways.keepWarm(true);
    const drop = (): void => {
      if (!this.#guards.delete(guard)) return;
      renewer.stop();
      rest();
      if (isShort && --this.#shortOnes === 0) this.#ways.keepWarm(false);
      if (this.#guards.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#ways.rest();
    };
    this.#guards.add(guard);
    this.#timer ??= this.#tickFrom(this.#read());
    guard.listen((after) => {
      if (after.kind === 'LOST') drop();
    });
    // The answer came so late that there is nothing left of it.
    if (guard.state.kind === 'LOST') drop();
    return {
      guard,
      stop: () => {
        guard.stop();
        drop();
      },
      leave: drop,
    };
  }

  #tickFrom(earlier: ClockReading): Timer {
    return this.#clock.timer(TICK_MS, () => {
      const later = this.#read();
      if (hasStalled(earlier, later, TICK_MS)) {
        for (const guard of [...this.#guards]) guard.stalled();
      }
      // The last lease may have been lost by that.
      if (this.#guards.size > 0) this.#timer = this.#tickFrom(later);
    });
  }

  #read(): ClockReading {
    return { monotonicMs: this.#clock.now(), wallMs: this.#clock.wall() };
  }
}
