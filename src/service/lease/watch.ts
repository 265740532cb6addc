import type { Timer } from '../../clock/clock.js';
import { within } from '../../clock/within.js';
import { Fault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import { heldSince, nextState } from '../../core/lease-state.js';
import type { LeaseState } from '../../core/lease-state.js';
import type { LeaseEvent } from '../../core/lease.js';
import type { HoldEnd } from '../../core/lock.js';
import { exactly } from '../../store/store.js';
import type { LeaseState as StoredLease, StoreEvent, Watch } from '../../store/store.js';
import type { Caller } from '../caller.js';
import type { Feed } from '../feed.js';
import { openFeed } from '../watch-feed.js';
import { lifeOf } from './life.js';
import type { LeaseParts } from './parts.js';
import { readPreemption } from './preemption.js';

/** How often a lease in jeopardy is looked at; more often if its TTL is short. */
const LOOK_MS = 500;
/** The part of the TTL after which it is first looked at: those who renew it do so at a third of the TTL. */
const FIRST_LOOK = 0.4;
/** A loss is told after this at the latest, with its cause or without. */
const CAUSE_MS = 300;

const UNKNOWN: HoldEnd = { cause: 'UNKNOWN' };

/**
 * Watches a lease that others renew, here or at other daemons: tells when it is in jeopardy, and when it is lost.
 * Never renews. `found` is what the store said of the lease, asked at `askedAtMs`.
 */
export function watchLease(
  parts: LeaseParts,
  lease: LeaseId,
  found: StoredLease,
  askedAtMs: number,
  caller: Caller,
): AsyncIterable<LeaseEvent> {
  return new LeaseWatch(parts, lease, found, askedAtMs, caller).start();
}

/**
 * What the store says is left of a lease is as good as a renewal of long ago; so `core/lease-state.ts` decides here
 * as for a holder. The store is asked before half of the TTL is over, and from there on more often, until the lease is
 * renewed or lost; its end by other means is seen by a watch of its record.
 */
class LeaseWatch {
  readonly #parts: LeaseParts;
  readonly #lease: LeaseId;
  readonly #feed: Feed<LeaseEvent>;
  #state: LeaseState;
  #ttlSeconds: number;
  #lookTimer: Timer | undefined;
  #lossTimer: Timer | undefined;
  #watch: Watch | undefined;
  /** Whether the store answered when it was last asked. */
  #isReachable = true;
  #isInJeopardy = false;
  #hasEnded = false;

  constructor(
    parts: LeaseParts,
    lease: LeaseId,
    found: StoredLease,
    askedAtMs: number,
    caller: Caller,
  ) {
    this.#parts = parts;
    this.#lease = lease;
    this.#ttlSeconds = found.ttlSeconds;
    this.#state = heldSince(renewedAtMs(found, askedAtMs), found.ttlSeconds * 1000);
    this.#feed = openFeed(parts, caller, tooSlow, () => {
      this.#stop();
    });
  }

  start(): AsyncIterable<LeaseEvent> {
    const { store, layout } = this.#parts;
    if (this.#hasEnded) return this.#feed;
    this.#tellAlive();
    this.#watch = store.watch(lifeOf(layout, this.#lease), 'now', {
      // It may have ended before the watch began.
      started: () => void this.#look(),
      events: (_, events) => {
        const gone = events.some(isDeletionOf(layout.lease(this.#lease)));
        if (gone) void this.#loseBy(this.#endOf(events));
      },
      // Then only looking tells of its end.
      ended: () => undefined,
    });
    this.#arm();
    return this.#feed;
  }

  #stop(): void {
    this.#hasEnded = true;
    this.#lookTimer?.cancel();
    this.#lossTimer?.cancel();
    this.#watch?.close();
  }

  #arm(): void {
    this.#lookTimer?.cancel();
    this.#lossTimer?.cancel();
    if (this.#hasEnded || this.#state.kind === 'LOST') return;
    const { clock } = this.#parts;
    const { sentAtMs, ttlMs, suspectAtMs, lostAtMs } = this.#state;
    const nowMs = clock.now();
    // For a short TTL the first look is the last that can find a renewal: it may be lost when half is over.
    const looks = [
      sentAtMs + FIRST_LOOK * ttlMs,
      suspectAtMs,
      nowMs + Math.min(LOOK_MS, ttlMs / 10),
    ];
    const lookAtMs = looks.find((atMs) => atMs > nowMs) ?? nowMs;
    this.#lookTimer = clock.timer(lookAtMs - nowMs, () => void this.#look());
    this.#lossTimer = clock.timer(lostAtMs - nowMs, () => {
      this.#settle();
    });
  }

  /** Asks the store how much is left, and tells what that changes. */
  async #look(): Promise<void> {
    const { store, clock } = this.#parts;
    const askedAtMs = clock.now();
    try {
      const found = await store.inspectLease(this.#lease);
      this.#isReachable = true;
      if (this.#hasEnded) return;
      if (found === undefined) {
        await this.#loseBy(this.#endOf([]));
        return;
      }
      this.#ttlSeconds = found.ttlSeconds;
      const sentAtMs = renewedAtMs(found, askedAtMs);
      const ttlMs = found.ttlSeconds * 1000;
      const nowMs = clock.now();
      this.#state = nextState(this.#state, { kind: 'RENEWED', nowMs, sentAtMs, ttlMs });
    } catch {
      // It says nothing about the lease: without another answer in time the deadline decides.
      this.#isReachable = false;
    }
    this.#settle();
  }

  /** Tells what time and the last look have made of it. */
  #settle(): void {
    if (this.#hasEnded) return;
    const nowMs = this.#parts.clock.now();
    this.#state = nextState(this.#state, { kind: 'TICKED', nowMs });
    switch (this.#state.kind) {
      case 'LOST':
        this.#lose({ cause: this.#isReachable ? 'EXPIRED' : 'UNREACHABLE' });
        return;
      case 'SUSPECT':
        this.#isInJeopardy = true;
        this.#feed.push({ kind: 'jeopardy', leftMs: this.#state.lostAtMs - nowMs });
        break;
      case 'HELD':
        if (this.#isInJeopardy) this.#tellAlive();
        this.#isInJeopardy = false;
    }
    this.#arm();
  }

  #tellAlive(): void {
    if (this.#state.kind === 'LOST') return;
    const leftMs = this.#state.lostAtMs - this.#parts.clock.now();
    this.#feed.push({ kind: 'alive', ttlSeconds: this.#ttlSeconds, leftMs });
  }

  /** It has ended; the events, if there are any, are those of its end. */
  async #endOf(events: readonly StoreEvent[]): Promise<HoldEnd> {
    const { store, layout } = this.#parts;
    const { entries } = await store.read({ range: exactly(layout.preempted(this.#lease)) });
    const reason = readPreemption(entries[0], 0);
    if (reason !== undefined) return { cause: 'PREEMPTED', reason };
    if (events.length === 0) return UNKNOWN;
    const mark = events.find(isDeletionOf(layout.ending(this.#lease)));
    if (mark === undefined) return { cause: 'EXPIRED' };
    const isRevoked = mark.kind === 'delete' && mark.previous?.value === 'REVOKED';
    return { cause: isRevoked ? 'REVOKED' : 'RELEASED' };
  }

  async #loseBy(finding: Promise<HoldEnd>): Promise<void> {
    const found = finding.catch(() => UNKNOWN);
    this.#lose((await within(this.#parts.clock, CAUSE_MS, found)) ?? UNKNOWN);
  }

  #lose(end: HoldEnd): void {
    this.#feed.push({ kind: 'lost', end });
    this.#feed.end();
  }
}

/**
 * When a renewal was sent that would leave what the store says. etcd rounds what is left down to whole seconds: the
 * second is added, so that a short TTL does not look overdue at once; the margin before the loss is longer.
 */
function renewedAtMs({ ttlSeconds, remainingSeconds }: StoredLease, askedAtMs: number): number {
  const rounded = Number.isInteger(remainingSeconds) ? 1 : 0;
  const leftSeconds = Math.min(ttlSeconds, remainingSeconds + rounded);
  return askedAtMs - (ttlSeconds - leftSeconds) * 1000;
}

function isDeletionOf(key: string): (event: StoreEvent) => boolean {
  return (event) => event.kind === 'delete' && event.key === key;
}

function tooSlow(): Fault {
  return new Fault('RESOURCE_EXHAUSTED', 'the watcher reads too slowly; watch again', {
    reason: 'SLOW_WATCHER',
  });
}
