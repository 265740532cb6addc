import type { Clock, Timer } from '../../../clock/clock.js';
import { leaseNotFound } from '../../../core/errors.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { Store } from '../../../store/store.js';
import type { LeaseHolds } from '../../lease/lease-holds.js';
import type { LeaseRecord } from '../../lease/record.js';

/**
 * The lease that shall hold a lock that is being acquired. Which one a try used, the try itself says: after an
 * await, `ready` may be another.
 */
export interface LockLease {
  /** A lease for the next try. */
  ready(): Promise<LeaseId>;
  /**
   * What to record of the one that is `ready`; undefined if it is the caller's, who made it elsewhere.
   * @throws Fault as the store, if it did not grant it.
   */
  record(): Promise<LeaseRecord | undefined>;
  /**
   * The store says that there is no such lease. @throws Fault NOT_FOUND if it was the caller's; if it is because the
   * store did not grant it, what the store said then.
   */
  ended(lease: LeaseId): Promise<void>;
  /** It is about to be used in the try of one who has waited: it may be renewed beside that. */
  renewBeside(): void;
  /**
   * This one got the lock. Is it alive, with most of its TTL ahead? `waited`: then the full TTL shall count from now.
   */
  confirm(lease: LeaseId, waited: boolean): Promise<boolean>;
  /** While the caller waits: keeps the lease alive if it is the next to be needed, or looks whether it still is. */
  attend(atFront: boolean, onEnded: () => void): () => void;
  /** A lock is held by it, and the caller is told so. */
  use(): void;
  /** Its lock may be recorded for the same request to find: it ends by itself if nobody asks again. */
  leave(): void;
  /** Unless it is used or left, it is not needed any more. */
  dropUnused(): void;
}

/** How often a session is looked at while its caller waits, so that a dead one does not wait on. */
const LOOK_MS = 10_000;

export interface SessionLeaseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly leaseHolds: LeaseHolds;
}

/** The caller's own session: the caller renews it. */
export class SessionLease implements LockLease {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #holds: LeaseHolds;
  readonly #lease: LeaseId;
  readonly #key: string;

  /** @param key what holds the lock for this lease. */
  constructor(parts: SessionLeaseParts, lease: LeaseId, key: string) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#holds = parts.leaseHolds;
    this.#lease = lease;
    this.#key = key;
  }

  /** @throws Fault RESOURCE_EXHAUSTED if it holds as many locks as it may. */
  async ready(): Promise<LeaseId> {
    await this.#holds.check(this.#lease, this.#key);
    return this.#lease;
  }

  record(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  ended(): Promise<never> {
    return Promise.reject(leaseNotFound());
  }

  renewBeside(): void {
    // The caller does.
  }

  confirm(): Promise<boolean> {
    return Promise.resolve(true);
  }

  attend(_atFront: boolean, onEnded: () => void): () => void {
    return repeat(this.#clock, LOOK_MS, async () => {
      if ((await this.#store.inspectLease(this.#lease)) === undefined) onEnded();
    });
  }

  use(): void {
    // It is the caller's before and after.
    this.#holds.granted(this.#lease);
  }

  leave(): void {
    // Not ours to end.
  }

  dropUnused(): void {
    // Not ours to end.
  }
}

/** Does it again and again, one at a time. A failure says nothing: it is done again at the next turn. */
export function repeat(clock: Clock, periodMs: number, step: () => Promise<void>): () => void {
  let isStopped = false;
  let timer: Timer;
  const again = (): void => {
    timer = clock.timer(periodMs, () => {
      void step()
        .catch(() => undefined)
        .then(() => {
          if (!isStopped) again();
        });
    });
  };
  again();
  return () => {
    isStopped = true;
    timer.cancel();
  };
}
