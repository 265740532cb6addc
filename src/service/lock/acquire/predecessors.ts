import type { Clock } from '../../../clock/clock.js';
import type { LockKeys } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { AcquireRequest, FencingToken, Grant, LockMode } from '../../../core/lock.js';
import { Rounds } from '../../../core/rounds.js';
import { prefixed, type Store } from '../../../store/store.js';
import type { HoldEnds } from '../inspect/hold-ends.js';
import type { LockView } from '../state/view.js';

/** Holds that are remembered, of all names; the names that were granted longest ago make room. */
const CAPACITY = 100_000;
/** Holds that are remembered of one name: the last ones. */
const MOST_OF_A_NAME = 100;
/** Names that are looked at, with each hold that is remembered, for whether they still matter. */
const SWEPT_AT_ONCE = 2;

interface Hold {
  readonly lease: LeaseId;
  readonly token: FencingToken;
  readonly mode: LockMode;
  /** Undefined until it has been found out. */
  ttlSeconds: number | undefined;
  /** Found out: its lease was ended before its time, and nobody asked for it. */
  endedEarly: boolean;
}

export interface PredecessorsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly keys: LockKeys;
  readonly holdEnds: HoldEnds;
}

/**
 * Those who held a lock before, as far as this daemon granted it to them or found them. etcd may end a lease early (D35):
 * then the lock is free, but its holder may believe in it until the end that this daemon has acknowledged. Nobody
 * is told of a grant before that. A hold that was released, revoked or taken away by force holds up nobody.
 */
export class Predecessors {
  readonly #parts: PredecessorsParts;
  /** In the order of the last grants. */
  readonly #holds = new Map<string, readonly Hold[]>();
  readonly #rounds = new Rounds(this.#holds);
  #size = 0;

  constructor(parts: PredecessorsParts) {
    this.#parts = parts;
  }

  /** A grant that its caller is told of. Nothing needs to be remembered if the store remembers nothing of the lease. */
  granted(
    { name, mode }: Pick<AcquireRequest, 'name' | 'mode'>,
    { leaseId: lease, fencingToken: token, ttlSeconds }: Grant,
  ): void {
    if (this.#parts.store.acknowledged(lease) === undefined) return;
    this.#add(name, { lease, token, mode, ttlSeconds, endedEarly: false });
  }

  /** What holds the lock exclusively, whoever granted that; but not what another program put there. */
  found(name: string, { held, beside }: Pick<LockView, 'held' | 'beside'>): void {
    if (!this.#parts.store.endsLeasesEarly) return;
    if (held?.lease === undefined || beside === undefined) return;
    const { lease, createRevision: token } = held;
    if (this.#holds.get(name)?.some((hold) => hold.token === token) === true) return;
    this.#add(name, { lease, token, mode: 'EXCLUSIVE', ttlSeconds: undefined, endedEarly: false });
  }

  /** It was given back here. */
  released(name: string, lease: LeaseId): void {
    const holds = this.#holds.get(name);
    if (holds === undefined) return;
    this.#put(
      name,
      holds.filter((hold) => hold.lease !== lease),
    );
  }

  /**
   * Of a lock that was just granted to `lease`: until when, on the monotonic clock, somebody may believe to hold it
   * who excludes that. Undefined: nobody. Asks the store only if somebody may. Never rejects.
   */
  async heldUntilMs(
    { name, mode }: Pick<AcquireRequest, 'name' | 'mode'>,
    lease: LeaseId,
  ): Promise<number | undefined> {
    const suspects = this.#suspects(name).filter(
      (hold) => hold.lease !== lease && !(mode === 'SHARED' && hold.mode === 'SHARED'),
    );
    if (suspects.length === 0) return undefined;
    const alive = mode === 'SEMAPHORE' ? await this.#permitHolders(name) : [];
    const gone = suspects.filter((hold) => !alive.includes(hold.lease));
    await Promise.all(gone.map((hold) => this.#findEnd(name, hold)));
    return this.#latestMs(gone);
  }

  /** The same as far as it has been found out, of all modes and leases. */
  knownUntilMs(name: string): number | undefined {
    return this.#latestMs(this.#suspects(name));
  }

  #suspects(name: string): readonly Hold[] {
    return (this.#holds.get(name) ?? []).filter((hold) => this.#mayLast(hold));
  }

  #latestMs(holds: readonly Hold[]): number | undefined {
    const early = holds.filter((hold) => hold.endedEarly);
    const latestMs = Math.max(0, ...early.map((hold) => this.#lastsUntilMs(hold)));
    return latestMs > this.#parts.clock.now() ? latestMs : undefined;
  }

  /** Now, or after another change of the leader. */
  #mayMatter(hold: Hold): boolean {
    const acknowledged = this.#parts.store.acknowledged(hold.lease);
    // What was found may be renewed here, or turn out to be older than the next leader.
    if (acknowledged === undefined && hold.ttlSeconds === undefined) return true;
    return (acknowledged?.untilMs ?? 0) > this.#parts.clock.now() || this.#mayLast(hold);
  }

  #mayLast(hold: Hold): boolean {
    const isUnknown = hold.ttlSeconds === undefined && this.#isOlderThanLeader(hold);
    return isUnknown || this.#lastsUntilMs(hold) > this.#parts.clock.now();
  }

  /** As far as is known, on the monotonic clock; 0 if it can't have ended early. */
  #lastsUntilMs(hold: Hold): number {
    const { store } = this.#parts;
    const acknowledged = store.acknowledged(hold.lease);
    const acknowledgedMs = acknowledged?.mayEndEarly === true ? acknowledged.untilMs : 0;
    if (hold.ttlSeconds === undefined || !this.#isOlderThanLeader(hold)) return acknowledgedMs;
    const changedMs = store.leaderChange?.atMs ?? 0;
    return Math.max(acknowledgedMs, changedMs + hold.ttlSeconds * 1000);
  }

  #isOlderThanLeader({ token }: Hold): boolean {
    return token <= (this.#parts.store.leaderChange?.revision ?? 0);
  }

  async #findEnd(name: string, hold: Hold): Promise<void> {
    if (hold.endedEarly) return;
    const { holdEnds } = this.#parts;
    const { end, ttlSeconds } = await holdEnds.findLate(name, hold.lease, hold.token);
    hold.ttlSeconds ??= ttlSeconds;
    // What can't be found out is taken for early: it costs a wait, that ends.
    hold.endedEarly = end.cause === 'EXPIRED' || end.cause === 'UNKNOWN';
    if (!hold.endedEarly) this.released(name, hold.lease);
  }

  async #permitHolders(name: string): Promise<(LeaseId | undefined)[]> {
    const { store, keys } = this.#parts;
    const permits = await store
      .read({ range: prefixed(keys.permit(name)), keysOnly: true })
      .catch(() => undefined);
    return permits?.entries.map((entry) => entry.lease) ?? [];
  }

  #add(name: string, hold: Hold): void {
    for (const [next, holds] of this.#rounds.next(SWEPT_AT_ONCE)) {
      if (!holds.some((other) => this.#mayMatter(other))) this.#drop(next);
    }
    const before = (this.#holds.get(name) ?? []).filter((other) => other.lease !== hold.lease);
    this.#put(name, [...before, hold]);
  }

  #put(name: string, all: readonly Hold[]): void {
    this.#drop(name);
    const holds = all.filter((hold) => this.#mayMatter(hold)).slice(-MOST_OF_A_NAME);
    if (holds.length === 0) return;
    this.#holds.set(name, holds);
    this.#size += holds.length;
    for (const oldest of this.#holds.keys()) {
      if (this.#size <= CAPACITY) return;
      this.#drop(oldest);
    }
  }

  #drop(name: string): void {
    this.#size -= this.#holds.get(name)?.length ?? 0;
    this.#holds.delete(name);
  }
}
