import type { Clock } from '../../clock/clock.js';
import type { LeaseId } from '../../core/lease-id.js';
import { Rounds } from '../../core/rounds.js';
import type { Acknowledged } from '../store.js';
import type { RaftTerm } from './raft-term.js';

/** Leases that are remembered; the one that was renewed longest ago makes room. */
const CAPACITY = 100_000;
/** Leases that are looked at, with each that is remembered, for whether they are over. */
const SWEPT_AT_ONCE = 2;

interface Entry {
  readonly ttlSeconds: number;
  readonly untilMs: number;
  /** The latest term of raft that was known before the lease was granted; undefined: another daemon granted it. */
  readonly grantedIn: number | undefined;
}

/**
 * What this daemon was told of leases. A leader of etcd knows only the leases that were granted before it fell
 * behind: so none that was granted under the present leader can be ended by an earlier one (D35).
 */
export class Acknowledgements {
  readonly #clock: Clock;
  readonly #raftTerm: RaftTerm;
  /** In the order of their last renewals. */
  readonly #entries = new Map<LeaseId, Entry>();
  readonly #rounds = new Rounds(this.#entries);

  constructor(clock: Clock, raftTerm: RaftTerm) {
    this.#clock = clock;
    this.#raftTerm = raftTerm;
  }

  /** It was granted; asked for at `fromMs`, when `grantedIn` was the latest term known. */
  granted(id: LeaseId, ttlSeconds: number, fromMs: number, grantedIn: number): void {
    this.#put(id, { ttlSeconds, untilMs: fromMs + ttlSeconds * 1000, grantedIn });
  }

  /** It was renewed, or so much was found to be left of it; asked for at `fromMs`. */
  renewed(id: LeaseId, ttlSeconds: number, fromMs: number, leftSeconds = ttlSeconds): void {
    const before = this.#entries.get(id);
    const untilMs = Math.max(before?.untilMs ?? 0, fromMs + leftSeconds * 1000);
    this.#put(id, { ttlSeconds, untilMs, grantedIn: before?.grantedIn });
  }

  /** It is ended on purpose. */
  forget(id: LeaseId): void {
    this.#entries.delete(id);
  }

  /** Undefined if nothing is known of it. */
  ttlSecondsOf(id: LeaseId): number | undefined {
    return this.#entries.get(id)?.ttlSeconds;
  }

  find(id: LeaseId): Acknowledged | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const { untilMs, grantedIn } = entry;
    return { untilMs, mayEndEarly: grantedIn === undefined || grantedIn < this.#raftTerm.latest };
  }

  #put(id: LeaseId, entry: Entry): void {
    this.#entries.delete(id);
    const nowMs = this.#clock.now();
    for (const [next, { untilMs }] of this.#rounds.next(SWEPT_AT_ONCE)) {
      if (untilMs <= nowMs) this.#entries.delete(next);
    }
    if (this.#entries.size >= CAPACITY) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(id, entry);
  }
}
