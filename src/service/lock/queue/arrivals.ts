import type { Clock } from '../../../clock/clock.js';
import { randomName } from '../../../clock/random.js';
import { within } from '../../../clock/within.js';
import { Fault, isFault } from '../../../core/errors.js';
import type { KeyLayout, LockKeys } from '../../../core/keys.js';
import type { AcquireRequest } from '../../../core/lock.js';
import type { Put, Store } from '../../../store/store.js';
import { throwIfGone, type Caller } from '../../caller.js';
import type { DaemonLeases } from '../../daemon-leases.js';
import type { Operation } from '../../operation-log.js';
import { transact } from '../../transaction.js';
import type { Blocked, Place } from '../grant/grant-transaction.js';
import {
  joinedTogether,
  JOINED_AT_ONCE,
  joinTransaction,
  type Joining,
} from './join-transaction.js';
import type { LocalPlaces } from './local-places.js';

const MAX_WAITING = 20_000;
/** Others wait so long for the answer to what went before them; they go on without it if it does not come. */
const PATIENCE_MS = 1000;

/** Somebody who asks for a lock, and has no place in its queue yet. */
export interface Arrival {
  readonly request: AcquireRequest;
  readonly caller: Caller;
  readonly operation: Operation;
  /** What becomes of its place: it is put, and taken unless it is forgotten. */
  readonly place: {
    put(id: string): Promise<Put>;
    took(place: Place, matesBefore: readonly string[]): void;
    forget(): void;
  };
}

interface Waiting extends Arrival {
  readonly resolve: (blocked: Blocked | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export interface ArrivalsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly layout: KeyLayout;
  readonly keys: LockKeys;
  readonly daemonLeases: DaemonLeases;
  readonly places: LocalPlaces;
}

/**
 * Callers who come to the same locks. If others of this daemon are before a caller for sure, there is no use in its trying for the
 * lock: it takes a place in the queue, together with those who come at the same time. So a crowd costs few writes. Of each
 * lock one such write is under way, and while the first caller finds out whether the lock is free, the others wait for that.
 */
export class Arrivals {
  readonly #parts: ArrivalsParts;
  /** By lock, those who came while others were under way. */
  readonly #waiting = new Map<string, Waiting[]>();
  #count = 0;

  constructor(parts: ArrivalsParts) {
    this.#parts = parts;
  }

  /**
   * @param alone tries for the lock, and takes a place if it is not free.
   * @returns what that found; or, if a place was taken with others, what is before it. Undefined: try again.
   * @throws Fault as `alone`, and as `Store.transact`; CANCELLED, DEADLINE_EXCEEDED if the caller is gone meanwhile.
   */
  async arrive<T>(arrival: Arrival, alone: () => Promise<T>): Promise<T | Blocked | undefined> {
    const { name, mode } = arrival.request;
    const { places, keys } = this.#parts;
    const isBehindOthers = places.anyBelow(keys.queue(name));
    const waiting = this.#waiting.get(name);
    // Those who share a lock hold up nobody but who wants it alone, and who of these came before goes first.
    const isAnyBefore = isBehindOthers || (waiting !== undefined && waiting.length > 0);
    if (!isAnyBefore && mode !== 'EXCLUSIVE') return alone();
    if (!isBehindOthers && waiting === undefined) {
      this.#waiting.set(name, []);
      const tried = alone();
      void this.#joinAll(name, tried);
      return tried;
    }
    if (this.#count >= MAX_WAITING) throw tooMany();
    return new Promise((resolve, reject) => {
      const joining = { ...arrival, resolve, reject };
      this.#count += 1;
      if (waiting !== undefined) {
        waiting.push(joining);
        return;
      }
      this.#waiting.set(name, [joining]);
      // Those who come in the same turn of the event loop go together.
      void this.#joinAll(name, Promise.resolve());
    });
  }

  /** Takes places for all who wait, once `before` is done. */
  async #joinAll(name: string, before: Promise<unknown>): Promise<void> {
    const { clock } = this.#parts;
    await within(clock, PATIENCE_MS, before).catch(() => undefined);
    for (;;) {
      const batch = this.#take(name);
      if (batch.length === 0) break;
      await within(clock, PATIENCE_MS, this.#join(name, batch));
    }
    this.#waiting.delete(name);
  }

  /** Those who came first, and are still there: as many as go together. */
  #take(name: string): readonly Waiting[] {
    const waiting = this.#waiting.get(name) ?? [];
    const first = waiting.slice(0, JOINED_AT_ONCE).map(({ request }) => request);
    const taken = waiting.splice(0, joinedTogether(first));
    this.#count -= taken.length;
    return taken;
  }

  /** Never rejects. */
  async #join(name: string, batch: readonly Waiting[]): Promise<void> {
    const { clock, daemonLeases } = this.#parts;
    const present = batch.filter(({ caller, reject }) => {
      try {
        throwIfGone(caller, clock);
        return true;
      } catch (error) {
        reject(error);
        return false;
      }
    });
    if (present.length === 0) return;
    try {
      const found = await this.#takePlaces(name, present);
      present.forEach((waiting, index) => settle(waiting, found[index]));
    } catch (error) {
      if (isFault(error, 'NOT_FOUND')) {
        // The lease of this daemon for places, or for records: nothing was applied.
        for (const { place } of present) place.forget();
        await daemonLeases.replaceEnded().catch(() => undefined);
        for (const { resolve } of present) resolve(undefined);
        return;
      }
      for (const { reject } of present) reject(error);
      // The store is out of reach, or does not keep up: whoever comes later would only hear so later.
      if (isFault(error, 'UNAVAILABLE')) this.#rejectAll(name, error);
    }
  }

  async #takePlaces(name: string, batch: readonly Waiting[]): Promise<readonly (() => Blocked)[]> {
    const { store, layout, keys } = this.#parts;
    const together = randomName();
    const joining: Joining[] = [];
    for (const [index, { request, place, operation }] of batch.entries()) {
      const recorder = await operation.recorder();
      joining.push({ request, recorder, place: await place.put(idOf(together, index)) });
    }
    const { draft, outcomeOf } = joinTransaction(layout, keys, name, joining);
    const done = await transact(store, draft);
    const mates = joining.map(({ place }) => place.key);
    batch.forEach(({ place }, index) => {
      const taken = { key: mates[index] ?? '', revision: done.revision, isFirst: false };
      place.took(taken, mates.slice(0, index));
    });
    return outcomeOf(done);
  }

  #rejectAll(name: string, error: unknown): void {
    const waiting = this.#waiting.get(name)?.splice(0) ?? [];
    this.#count -= waiting.length;
    for (const { reject } of waiting) reject(error);
  }
}

function settle({ resolve, reject }: Waiting, found: (() => Blocked) | undefined): void {
  try {
    resolve(found?.());
  } catch (error) {
    reject(error);
  }
}

/** Keys of places of one revision are in the order of their callers. */
function idOf(together: string, index: number): string {
  return `${together}-${String(index).padStart(2, '0')}`;
}

function tooMany(): Fault {
  return new Fault('RESOURCE_EXHAUSTED', `${MAX_WAITING} callers come to locks at once already`, {
    reason: 'STORE_BUSY',
    retryAfterMs: 1000,
  });
}
