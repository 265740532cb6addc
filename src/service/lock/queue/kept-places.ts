import type { Clock, Timer } from '../../../clock/clock.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { AcquireRequest, LockKind, LockMode } from '../../../core/lock.js';
import type { Place } from '../grant/grant-transaction.js';

/** How long a caller whose connection broke may take to ask again: at the front of its queue it holds up the others. */
export const KEPT_MS = 5000;

/** What makes a request the one that asked before. */
export interface SameRequest extends Pick<AcquireRequest, 'name' | 'requestId'> {
  readonly kind: LockKind;
  readonly lease: LeaseId;
}

export interface KeptPlace {
  readonly place: Place;
  /** Places before it that were taken together with it. */
  readonly matesBefore: readonly string[];
  /** Whose share of the waiters it takes. */
  readonly user: string | undefined;
  readonly mode: LockMode;
  /** Leaves the queue. */
  end(): Promise<void>;
}

interface Kept {
  readonly lease: LeaseId;
  readonly kept: KeptPlace;
  readonly timer: Timer;
}

/**
 * The places of callers whose connection broke (D41). Each stays in its queue for a few seconds, so that the same request
 * can go on there. Only that request tries for the lock: a place that is kept is never granted. Each still counts as a
 * waiter, so there are no more of them than there may be waiters.
 */
export class KeptPlaces {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  /** Requests that wait farther back, since they came before it was known that the connection of the first had broken. */
  readonly #heirs = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(request: SameRequest, kept: KeptPlace): void {
    const id = idOf(request);
    const { lease } = request;
    const before = this.#remove(id);
    const [better, worse] =
      before !== undefined && before.place.revision < kept.place.revision
        ? [before, kept]
        : [kept, before];
    void worse?.end();
    const timer = this.#clock.timer(KEPT_MS, () => this.#leave(id));
    this.#kept.set(id, { lease, kept: better, timer });
    for (const wake of [...(this.#heirs.get(id) ?? [])]) wake();
  }

  /** Hands over the place of the same request; undefined if none is kept. */
  take(request: SameRequest): KeptPlace | undefined {
    return this.#remove(idOf(request));
  }

  /** Calls back when a place of the same request is kept, at once if one is. @returns how to forget the callback. */
  onKept(request: SameRequest, callback: () => void): () => void {
    const id = idOf(request);
    if (this.#kept.has(id)) callback();
    const heirs = this.#heirs.get(id) ?? new Set();
    this.#heirs.set(id, heirs.add(callback));
    return () => {
      heirs.delete(callback);
      if (heirs.size === 0 && this.#heirs.get(id) === heirs) this.#heirs.delete(id);
    };
  }

  /** The request does not come again. */
  leave(request: SameRequest): void {
    this.#leave(idOf(request));
  }

  /** None of the lease's requests comes again; without a lease, none at all. */
  leaveAll(lease?: LeaseId): void {
    for (const [id, found] of this.#kept) {
      if (lease === undefined || found.lease === lease) this.#leave(id);
    }
  }

  #leave(id: string): void {
    void this.#remove(id)?.end();
  }

  #remove(id: string): KeptPlace | undefined {
    const found = this.#kept.get(id);
    this.#kept.delete(id);
    found?.timer.cancel();
    return found?.kept;
  }
}

function idOf({ kind, name, lease, requestId }: SameRequest): string {
  return JSON.stringify([kind, name, lease, requestId]);
}
