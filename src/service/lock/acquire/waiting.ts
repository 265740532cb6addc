import type { Clock } from '../../../clock/clock.js';
import type { LockKeys } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { AcquireRequest } from '../../../core/lock.js';
import { exactly } from '../../../store/store.js';
import type { Caller } from '../../caller.js';
import type { Blocked } from '../grant/grant-transaction.js';
import type { LockLease } from '../grant/lock-lease.js';
import type { PlaceGrant, LocalPlaces } from '../queue/local-places.js';
import type { QueuePlace } from '../queue/queue-place.js';
import type { WaiterPool } from '../queue/waiter-pool.js';
import type { Blocker } from './blocker.js';
import type { Deletion, DeletionWatches } from './deletion-watches.js';
import type { HolderLeases } from './holder-leases.js';
import type { Predecessors } from './predecessors.js';
import { sleepUntil, wakeFault, type WakeConditions } from './wake.js';

/** What it takes to wait for a lock. */
export interface WaitingParts {
  readonly clock: Clock;
  readonly keys: LockKeys;
  readonly waiters: WaiterPool;
  readonly places: LocalPlaces;
  readonly deletions: DeletionWatches;
  readonly holderLeases: HolderLeases;
  readonly predecessors: Predecessors;
}

/** The wait is over; what the caller waited for has changed; or it has gone, and nobody was before the caller but who held the lock. */
export type Waited = 'over' | 'changed' | 'free';

/** What a caller waits for. */
interface Awaited {
  readonly onChange: WakeConditions['onChange'];
  /** Only holders are before the caller, no waiters. */
  readonly atFront: boolean;
  readonly onBetterPlace?: WakeConditions['onBetterPlace'];
}

/** How one caller waits for a lock: from when it asked, and for as long as it said. */
export class Waiting {
  readonly #parts: WaitingParts;
  readonly #request: AcquireRequest;
  readonly #caller: Caller;
  readonly #lease: LockLease;
  readonly #place: QueuePlace;
  readonly #startedAtMs: number;
  #hasWaited = false;

  constructor(
    parts: WaitingParts,
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

  /** Until what stands before the caller changes. @throws Fault as `wakeFault`; RESOURCE_EXHAUSTED if too many wait. */
  forBlocker(blocker: Blocker, { view, waiterCount }: Blocked): Promise<Waited> {
    if (this.#request.waitMs > 0) this.#place.admit(waiterCount);
    const { place, atFront } = blocker;
    if (place !== undefined && this.#parts.places.has(place)) return this.behind(place);
    if (place === undefined) this.#place.isFirst();
    const holder = atFront ? view.held : undefined;
    return this.#forDeletion({ ...blocker, since: view.revision }, holder);
  }

  /**
   * Behind a place of this daemon: what becomes of it is known here. If it is given up for the lock, only that is before the
   * caller. @throws Fault as `wakeFault`.
   */
  async behind(place: string): Promise<Waited> {
    const { places, deletions, keys } = this.#parts;
    const held = exactly(keys.held(this.#request.name));
    const dontKeep = deletions.keep(held);
    try {
      const gone: { grant?: PlaceGrant | undefined } = {};
      const onChange = (wake: () => void): (() => void) =>
        places.follow(place, (grant) => {
          gone.grant = grant;
          wake();
        });
      if (!(await this.#until({ onChange, atFront: false, ...this.#better() }))) return 'over';
      if (gone.grant === undefined) return 'changed';
      // Nobody was before that one, so nobody is before the caller.
      this.#place.isFirst();
      const { lease, token } = gone.grant;
      const deletion = { range: held, since: token, count: 1, atFront: true };
      return await this.#forDeletion(deletion, { lease, createRevision: token });
    } finally {
      dontKeep();
    }
  }

  /**
   * Of a lock that `lease` holds by now: until nobody who had it before can believe in it any more (D35).
   * @returns whether there were others: `remain` if the wait is over before. @throws as `forBlocker`.
   */
  async forPredecessors(lease: LeaseId): Promise<'none' | 'gone' | 'remain'> {
    const { predecessors, clock } = this.#parts;
    const atMs = await predecessors.heldUntilMs(this.#request, lease);
    if (atMs === undefined) return 'none';
    if (this.#request.waitMs > 0) this.#place.admit(0);
    const onChange = (wake: () => void): (() => void) => {
      const timer = clock.timer(atMs - clock.now(), wake);
      return () => {
        timer.cancel();
      };
    };
    return (await this.#until({ onChange, atFront: true })) ? 'gone' : 'remain';
  }

  /** @param holder the exclusive one, if nobody else is before the caller. */
  async #forDeletion(
    { atFront, ...deletion }: Deletion & Pick<Blocker, 'atFront'>,
    holder: Parameters<HolderLeases['follow']>[0] | undefined,
  ): Promise<Waited> {
    const { holderLeases, deletions, places } = this.#parts;
    const own = this.#place.place?.key;
    const unfollow = holder === undefined ? () => undefined : holderLeases.follow(holder);
    try {
      const onChange = (wake: () => void): (() => void) => {
        const dontFollow = deletions.follow(deletion, wake);
        // Its own place may lapse with the daemon's lease: then it takes another at once.
        const dontFollowOwn = own === undefined ? () => undefined : places.follow(own, wake);
        return () => {
          dontFollow();
          dontFollowOwn();
        };
      };
      if (!(await this.#until({ onChange, atFront, ...this.#better() }))) return 'over';
      return atFront ? 'free' : 'changed';
    } finally {
      unfollow();
    }
  }

  #better(): Pick<Awaited, 'onBetterPlace'> {
    return { onBetterPlace: (wake) => this.#place.onKept(wake) };
  }

  /** @returns false if the wait is over. */
  async #until({ onChange, atFront, onBetterPlace }: Awaited): Promise<boolean> {
    if (this.#request.waitMs === 0) return false;
    this.#hasWaited = true;
    const { clock, waiters } = this.#parts;
    const wake = await sleepUntil(clock, {
      onChange,
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
