import type { Clock, Timer } from '../../../clock/clock.js';
import { within } from '../../../clock/within.js';
import { signPeriodMs } from '../../../core/hold.js';
import { heldSince, nextState, nextTickAtMs } from '../../../core/lease-state.js';
import type { LeaseEvent, LeaseState, LossCause } from '../../../core/lease-state.js';
import type { HoldEnd } from '../../../core/lock.js';
import { hasStalled, type ClockReading } from '../../../core/stall.js';
import { exactly } from '../../../store/store.js';
import type { Entry, Revision, Watch } from '../../../store/store.js';
import { readPreemption } from '../../lease/preemption.js';
import type { HoldEnds } from '../inspect/hold-ends.js';
import type { LockStore } from '../state/view.js';
import { isStill, type Held } from './held.js';

/** After a renewal that got no answer; less for a short TTL. */
const RETRY_MS = 300;
/** If no watch can be had. */
const NO_WATCH_MS = 1000;
/** A loss is told after this at the latest, with its cause or without. */
const CAUSE_MS = 300;

const UNKNOWN: HoldEnd = { cause: 'UNKNOWN' };

/** What a keeper tells. None is called after `lost`, nor after `stop`. */
export interface KeeperListener {
  alive(): void;
  jeopardy(leftMs: number): void;
  safe(): void;
  lost(end: HoldEnd): void;
}

/** What it takes to keep a lock. */
export interface HoldKeeperParts extends LockStore {
  readonly clock: Clock;
  readonly holdEnds: HoldEnds;
}

/**
 * Keeps a held lock: renews its lease at each third of the TTL, and finds out as soon as possible that it is lost.
 * What may be believed meanwhile is decided by `core/lease-state.ts`; here are the timers and calls:
 *
 *     a renewal            is due at each third of the TTL; without an answer again soon; at once after a stall
 *     the lock's own key   is watched; and looked at before a renewal may end a doubt, since a lease that lives
 *                          need not hold the lock
 *     a sign of life       is given some times within what the caller may hear nothing
 */
export class HoldKeeper {
  readonly #parts: HoldKeeperParts;
  readonly #held: Held;
  readonly #listener: KeeperListener;
  #state: LeaseState;
  #stateTimer: Timer | undefined;
  #renewTimer: Timer | undefined;
  #signTimer: Timer | undefined;
  #rewatchTimer: Timer | undefined;
  #watch: Watch | undefined;
  #lastSign: ClockReading;
  #isRenewing = false;
  #isStopped = false;

  constructor(parts: HoldKeeperParts, held: Held, listener: KeeperListener) {
    this.#parts = parts;
    this.#held = held;
    this.#listener = listener;
    this.#state = heldSince(held.sentAtMs, held.ttlSeconds * 1000);
    this.#lastSign = this.#reading();
  }

  start(): void {
    this.#watchKey();
    this.#signLater();
    this.#renewLater(this.#held.sentAtMs + this.#ttlMs / 3 - this.#parts.clock.now());
    this.#apply({ kind: 'TICKED', nowMs: this.#parts.clock.now() });
  }

  /** No more renewals, and nothing more is told. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of [this.#stateTimer, this.#renewTimer, this.#signTimer, this.#rewatchTimer]) {
      timer?.cancel();
    }
    this.#watch?.close();
  }

  get #ttlMs(): number {
    return this.#held.ttlSeconds * 1000;
  }

  #reading(): ClockReading {
    const { clock } = this.#parts;
    return { monotonicMs: clock.now(), wallMs: clock.wall() };
  }

  #apply(event: LeaseEvent): void {
    if (this.#isStopped) return;
    const before = this.#state;
    const after = nextState(before, event);
    this.#state = after;
    if (after.kind === 'LOST') {
      this.#lose(endOf(after.cause));
      return;
    }
    this.#stateTimer?.cancel();
    const { clock } = this.#parts;
    const tickAtMs = nextTickAtMs(after);
    if (tickAtMs !== undefined) {
      this.#stateTimer = clock.timer(tickAtMs - clock.now(), () => {
        this.#apply({ kind: 'TICKED', nowMs: clock.now() });
      });
    }
    if (after.kind === before.kind) return;
    if (after.kind === 'SUSPECT') this.#listener.jeopardy(after.lostAtMs - clock.now());
    else this.#listener.safe();
  }

  #lose(end: HoldEnd): void {
    if (this.#isStopped) return;
    this.stop();
    this.#listener.lost(end);
  }

  #signLater(): void {
    const periodMs = signPeriodMs(this.#ttlMs);
    this.#signTimer = this.#parts.clock.timer(periodMs, () => {
      const now = this.#reading();
      const stalled = hasStalled(this.#lastSign, now, periodMs);
      this.#lastSign = now;
      this.#apply({ kind: stalled ? 'STALLED' : 'TICKED', nowMs: now.monotonicMs });
      if (this.#isStopped) return;
      if (stalled) this.#renewLater(0);
      else if (this.#state.kind === 'HELD') this.#listener.alive();
      else this.#listener.jeopardy(this.#leftMs(now.monotonicMs));
      this.#signLater();
    });
  }

  #leftMs(nowMs: number): number {
    return this.#state.kind === 'LOST' ? 0 : this.#state.lostAtMs - nowMs;
  }

  #renewLater(delayMs: number): void {
    this.#renewTimer?.cancel();
    if (this.#isStopped) return;
    this.#renewTimer = this.#parts.clock.timer(delayMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const { clock } = this.#parts;
    const sentAtMs = clock.now();
    // That the store does not answer says nothing about the lease: the deadline decides.
    const isRenewed = await this.#renewOnce(sentAtMs).catch(() => false);
    this.#isRenewing = false;
    const isSettled = isRenewed && this.#state.kind === 'HELD';
    this.#renewLater(
      isSettled ? sentAtMs + this.#ttlMs / 3 - clock.now() : Math.min(RETRY_MS, this.#ttlMs / 10),
    );
  }

  /** @returns true if it was renewed, and still holds the lock. */
  async #renewOnce(sentAtMs: number): Promise<boolean> {
    const { store, clock } = this.#parts;
    const ttlSeconds = await store.renew(this.#held.lease);
    if (this.#isStopped) return false;
    if (ttlSeconds === undefined) {
      await this.#loseBy(this.#endOfLease());
      return false;
    }
    // A renewal that was slow comes here too: half of the TTL is over by then.
    if (this.#state.kind === 'SUSPECT' && !(await this.#isHeld())) return false;
    this.#apply({ kind: 'RENEWED', nowMs: clock.now(), sentAtMs, ttlMs: ttlSeconds * 1000 });
    return true;
  }

  /** Looks whether the lease holds the lock. If not, it is lost. */
  async #isHeld(): Promise<boolean> {
    const { entries } = await this.#parts.store.read({ range: exactly(this.#held.key) });
    if (isStill(this.#held, entries[0])) return true;
    await this.#loseBy(this.#endOfLease());
    return false;
  }

  /** It is gone, and the watch has not told of it: how that came is not known, unless it was by force. */
  async #endOfLease(): Promise<HoldEnd> {
    const { store, keys } = this.#parts;
    const { name, lease, fencingToken } = this.#held;
    const { entries } = await store.read({ range: exactly(keys.preempted(name, lease)) });
    const reason = readPreemption(entries[0], fencingToken);
    return reason === undefined ? UNKNOWN : { cause: 'PREEMPTED', reason };
  }

  /** It is lost for sure, and told soon, with the cause if that is found out by then. */
  async #loseBy(finding: Promise<HoldEnd>): Promise<void> {
    const found = finding.catch(() => UNKNOWN);
    this.#lose((await within(this.#parts.clock, CAUSE_MS, found)) ?? UNKNOWN);
  }

  /** Watches the key that holds the lock, and looks once whether it went before. */
  #watchKey(): void {
    const { store, clock } = this.#parts;
    this.#watch = store.watch(exactly(this.#held.key), 'now', {
      started: () => {
        // If the store does not answer, the renewals go on trying.
        this.#isHeld().catch(() => undefined);
      },
      events: (revision, events) => {
        for (const event of events) {
          if (event.kind === 'delete') void this.#deleted(event.previous, revision);
        }
      },
      ended: () => {
        if (this.#isStopped) return;
        this.#rewatchTimer = clock.timer(NO_WATCH_MS, () => {
          this.#watchKey();
        });
      },
    });
  }

  async #deleted(previous: Entry | undefined, revision: Revision): Promise<void> {
    if (previous !== undefined && !isStill(this.#held, previous)) return;
    const { holdEnds } = this.#parts;
    await this.#loseBy(
      previous === undefined
        ? Promise.resolve(UNKNOWN)
        : holdEnds.find(this.#held.name, previous, revision),
    );
  }
}

/** The cause of a loss, in the words of those who watch. */
function endOf(cause: LossCause): HoldEnd {
  switch (cause.kind) {
    case 'UNREACHABLE':
    case 'EXPIRED':
    case 'REVOKED':
      return { cause: cause.kind };
    case 'PREEMPTED':
      return { cause: cause.kind, reason: cause.reason };
    case 'ENDED':
    case 'NOT_HOLDER':
      return UNKNOWN;
  }
}
