import type { LeaseId } from '../../core/lease-id.js';
import type { AcquireRequest } from '../../core/lock.js';
import type { Caller } from '../caller.js';
import type { Blocker } from './blocker.js';
import type { Blocked } from './grant-transaction.js';
import type { LockLease } from './lock-lease.js';
import type { LockParts } from './parts.js';
import type { QueuePlace } from './queue-place.js';
import { sleepUntil, wakeFault, type Change, type WakeConditions } from './wake.js';

/** How one caller waits for a lock: from when it asked, and for as long as it said. */
export class Waiting {
  readonly #parts: LockParts;
  readonly #request: AcquireRequest;
  readonly #caller: Caller;
  readonly #lease: LockLease;
  readonly #place: QueuePlace;
  readonly #startedAtMs: number;
  #hasWaited = false;

  constructor(
    parts: LockParts,
    request: AcquireRequest,
    caller: Caller,
    lease: LockLease,
    place: QueuePlace,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#caller = caller;
    this.#lease = lease;
    this.#place = place;
    this.#startedAtMs = parts.clock.now();
  }

  get hasWaited(): boolean {
    return this.#hasWaited;
  }

  /** Since it asked. */
  get seconds(): number {
    return (this.#parts.clock.now() - this.#startedAtMs) / 1000;
  }

  /**
   * Until what stands before the caller changes.
   * @returns false if the wait is over. @throws Fault as `wakeFault`; RESOURCE_EXHAUSTED if too many wait.
   */
  async forBlocker(
    { range, count, atFront }: Blocker,
    { view, waiterCount }: Blocked,
  ): Promise<boolean> {
    const { holderLeases } = this.#parts;
    const unfollow =
      atFront && view.held !== undefined ? holderLeases.follow(view.held) : () => undefined;
    try {
      const change = { range, count, since: view.revision };
      return await this.#until(change, atFront, waiterCount, (wake) => this.#place.onKept(wake));
    } finally {
      unfollow();
    }
  }

  /**
   * Of a lock that `lease` holds by now: until nobody who had it before can believe in it any more (D35).
   * @returns whether there were others: `remain` if the wait is over before. @throws as `forBlocker`.
   */
  async forPredecessors(lease: LeaseId): Promise<'none' | 'gone' | 'remain'> {
    const atMs = await this.#parts.predecessors.heldUntilMs(this.#request, lease);
    if (atMs === undefined) return 'none';
    return (await this.#until({ atMs }, true, 0)) ? 'gone' : 'remain';
  }

  async #until(
    change: Change,
    atFront: boolean,
    waitersOfLock: number,
    onBetterPlace?: WakeConditions['onBetterPlace'],
  ): Promise<boolean> {
    if (this.#request.waitMs === 0) return false;
    this.#place.admit(waitersOfLock);
    this.#hasWaited = true;
    const { store, clock, waiters } = this.#parts;
    const wake = await sleepUntil(store, clock, {
      change,
      waitUntilMs: this.#startedAtMs + this.#request.waitMs,
      deadlineMs: this.#caller.deadlineMs,
      gone: this.#caller.signal,
      onDrain: (wake) => waiters.onDrain(wake),
      onLeaseEnded: (wake) => this.#lease.attend(atFront, wake),
      onBetterPlace,
    });
    if (wake !== 'changed' && wake !== 'wait-over') throw wakeFault(wake);
    return wake === 'changed';
  }
}
