import { randomName } from '../../clock/random.js';
import { sleep } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import type { AcquireRequest } from '../../core/lock.js';
import { exactly, type Outcome, type Put } from '../../store/store.js';
import { ticketFor, type Place } from './grant-transaction.js';
import type { LockParts } from './parts.js';

/** By then the store has settled every write whose answer was lost. */
const SETTLED_AFTER_MS = 30_000;

/** A caller's place in a lock's queue, from before it may exist until it surely does not. */
export class QueuePlace {
  readonly #parts: LockParts;
  readonly #request: AcquireRequest;
  #ticketKey: string | undefined;
  #place: Place | undefined;
  #counted = false;

  constructor(parts: LockParts, request: AcquireRequest) {
    this.#parts = parts;
    this.#request = request;
  }

  /** Undefined while the caller does not wait. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** The put that takes a place; undefined if the caller has one, or does not want to wait. */
  async ticket(): Promise<Put | undefined> {
    if (this.#request.waitMs === 0 || this.#place !== undefined) return undefined;
    const { keys, clock, daemonLeases } = this.#parts;
    const lease = await daemonLeases.queue();
    const ticket = ticketFor(keys, this.#request, randomName(), lease, clock.wall());
    this.#ticketKey = ticket.key;
    return ticket;
  }

  /** The transaction that had the ticket was applied. */
  settle(ticket: Put, outcome: Outcome): void {
    if (outcome.succeeded) this.#ticketKey = undefined;
    else this.#place = { key: ticket.key, revision: outcome.revision };
  }

  /** Counts the caller among the waiters, once. @throws Fault RESOURCE_EXHAUSTED if there are too many. */
  admit(waitersOfLock: number): void {
    if (this.#counted) return;
    const limit = this.#parts.limits.waitersPerLock;
    if (waitersOfLock > limit) {
      throw new Fault(
        'RESOURCE_EXHAUSTED',
        `${limit} callers wait for this lock already; ask again later, or without wait`,
        { reason: 'QUEUE_FULL', retryAfterMs: 1000 },
      );
    }
    this.#parts.waiters.enter();
    this.#counted = true;
  }

  /** The place is gone: taken with the lock, or lapsed with the daemon's lease. */
  forget(): void {
    this.#place = undefined;
    this.#ticketKey = undefined;
  }

  /** Takes the place out of the queue, if there may be one. If the store can't do it now, it is done later. */
  async leave(): Promise<void> {
    const key = this.#ticketKey;
    const wasTaken = this.#place !== undefined;
    this.forget();
    if (key === undefined) return;
    const remove = () =>
      this.#parts.store.transact({
        resource: this.#parts.keys.held(this.#request.name),
        compare: [],
        then: [{ kind: 'delete', range: exactly(key) }],
        else: [],
      });
    if (wasTaken) {
      await remove().catch(() => {
        this.#parts.janitor.later(remove);
      });
      return;
    }
    // Whether the place was taken is not known, and it may yet be: remove it now, and when all has settled.
    this.#parts.janitor.later(remove);
    this.#parts.janitor.later(async (stop) => {
      await sleep(this.#parts.clock, SETTLED_AFTER_MS, stop);
      await remove();
    });
  }

  /** The caller does not wait any more. */
  uncount(): void {
    if (this.#counted) this.#parts.waiters.leave();
    this.#counted = false;
  }
}
