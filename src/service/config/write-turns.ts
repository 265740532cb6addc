import { Fault } from '../../core/errors.js';
import { Serial } from '../serial.js';

/** Writes that may wait at this daemon, for all documents together. */
const MAX_WAITING = 1000;

/** Writes of documents, of which those with one key go one at a time: so compare-and-set fails only against other daemons. */
export class WriteTurns {
  readonly #turns = new Serial();
  #waiting = 0;

  /** @throws Fault RESOURCE_EXHAUSTED (CONFIG_QUEUE_FULL). */
  async run<T>(key: string, write: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) {
      throw new Fault(
        'RESOURCE_EXHAUSTED',
        `${MAX_WAITING} writes of documents wait at this daemon already; ask again later`,
        { reason: 'CONFIG_QUEUE_FULL', retryAfterMs: 1000 },
      );
    }
    this.#waiting++;
    const leave = await this.#turns.enter(key);
    try {
      return await write();
    } finally {
      leave();
      this.#waiting--;
    }
  }
}
