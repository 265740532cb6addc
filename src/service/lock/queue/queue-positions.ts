import type { Clock, Timer } from '../../../clock/clock.js';
import type { LockKeys } from '../../../core/keys.js';
import { prefixed } from '../../../store/store.js';
import type { KeyRange, Store, Watch } from '../../../store/store.js';

/** The queue of one lock is read so often at most, however many wait in it and however fast it moves. */
const PERIOD_MS = 250;

/** 1 is next. */
export type OnPosition = (position: number) => void;

/**
 * Where callers are in the queues of locks, for those who want to be told. All of one lock share one watch, and
 * one look at its queue.
 */
export class QueuePositions {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #keys: LockKeys;
  readonly #queues = new Map<string, Queue>();

  constructor(store: Store, clock: Clock, keys: LockKeys) {
    this.#store = store;
    this.#clock = clock;
    this.#keys = keys;
  }

  /**
   * Tells the position of a place, 1 being next, at first and whenever it is found to have changed.
   * @returns how to end that.
   */
  follow(name: string, placeKey: string, listener: OnPosition): () => void {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new Queue(this.#store, this.#clock, prefixed(this.#keys.queue(name)));
      this.#queues.set(name, queue);
    }
    const joined = queue;
    joined.add(placeKey, listener);
    return () => {
      if (!joined.remove(placeKey) || this.#queues.get(name) !== joined) return;
      this.#queues.delete(name);
    };
  }
}

class Queue {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #range: KeyRange;
  readonly #followers = new Map<string, { readonly listener: OnPosition; told: number }>();
  readonly #watch: Watch;
  #timer: Timer | undefined;
  #lookedAtMs = -Infinity;
  #isEnded = false;

  constructor(store: Store, clock: Clock, range: KeyRange) {
    this.#store = store;
    this.#clock = clock;
    this.#range = range;
    const lookSoon = (): void => {
      this.#lookSoon();
    };
    // Positions are for people to see: if no watch can be had, the first ones stand.
    const ended = (): void => undefined;
    this.#watch = store.watch(range, 'now', { started: lookSoon, events: lookSoon, ended });
  }

  add(placeKey: string, listener: OnPosition): void {
    this.#followers.set(placeKey, { listener, told: 0 });
    this.#lookSoon();
  }

  /** @returns true if nobody follows it any more: then it has ended. */
  remove(placeKey: string): boolean {
    this.#followers.delete(placeKey);
    if (this.#followers.size > 0) return false;
    this.#isEnded = true;
    this.#timer?.cancel();
    this.#watch.close();
    return true;
  }

  #lookSoon(): void {
    if (this.#isEnded || this.#timer !== undefined) return;
    const delayMs = this.#lookedAtMs + PERIOD_MS - this.#clock.now();
    this.#timer = this.#clock.timer(delayMs, () => {
      this.#timer = undefined;
      this.#lookedAtMs = this.#clock.now();
      // If the store is out of reach, the next change is looked at again.
      this.#look().catch(() => undefined);
    });
  }

  async #look(): Promise<void> {
    const { entries } = await this.#store.read({
      range: this.#range,
      order: 'create',
      keysOnly: true,
    });
    for (const [index, { key }] of entries.entries()) {
      const follower = this.#followers.get(key);
      if (follower === undefined || follower.told === index + 1) continue;
      follower.told = index + 1;
      follower.listener(index + 1);
    }
  }
}
