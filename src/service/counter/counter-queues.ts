import { Fault } from '../../core/errors.js';
import { CounterQueue, type CounterQueueParts } from './counter-queue.js';
import type { CounterWrite, CounterWritten } from './counter-write.js';

/** Writes that may wait at this daemon, for all counters together. */
const MAX_WAITING = 10_000;
/** Counters whose last value is remembered, so that the next write needs one transaction, not two. */
const MAX_REMEMBERED = 10_000;

/** A queue for each counter that is written, or was lately. */
export class CounterQueues {
  readonly #parts: CounterQueueParts;
  /** In the order of use. */
  readonly #queues = new Map<string, CounterQueue>();
  #waiting = 0;

  constructor(parts: CounterQueueParts) {
    this.#parts = parts;
  }

  /** @throws Fault RESOURCE_EXHAUSTED if too many writes wait already. */
  async write(key: string, write: CounterWrite): Promise<CounterWritten> {
    if (this.#waiting >= MAX_WAITING) {
      throw new Fault(
        'RESOURCE_EXHAUSTED',
        `${MAX_WAITING} writes to counters wait at this daemon already; ask again later`,
        { reason: 'COUNTER_QUEUE_FULL', retryAfterMs: 1000 },
      );
    }
    this.#waiting++;
    try {
      return await this.#queue(key).write(write);
    } finally {
      this.#waiting--;
    }
  }

  #queue(key: string): CounterQueue {
    const queue = this.#queues.get(key) ?? new CounterQueue(this.#parts, key);
    this.#queues.delete(key);
    this.#queues.set(key, queue);
    this.#forgetOldest();
    return queue;
  }

  #forgetOldest(): void {
    if (this.#queues.size <= MAX_REMEMBERED) return;
    for (const [key, queue] of this.#queues) {
      // One that is at work must stay: two queues of one counter would run against each other.
      if (!queue.isIdle) continue;
      this.#queues.delete(key);
      return;
    }
  }
}
