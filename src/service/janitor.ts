import { setMaxListeners } from 'node:events';
import { sleep, type Clock } from '../clock/clock.js';
import { isFault } from '../core/errors.js';

const RETRY_MS = { first: 100, most: 5000 };
/** Tasks under way at once. After an outage they do not fall upon the store all together. */
const WORKERS = 16;

export type Task = () => Promise<unknown>;

/** What a janitor could not do. */
export type JanitorTrouble = 'dropped' | 'failed';

/**
 * Takes away what an operation left behind when it could not do so itself: the caller went away, or the
 * store did not answer. A task is repeated until it succeeds, so it must be harmless to repeat.
 *
 * Bounded: beyond `capacity` tasks a new one is dropped, and told. So only what goes by itself, when its lease
 * ends, may be left to a janitor.
 */
export class Janitor {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #onTrouble: (trouble: JanitorTrouble, error: unknown) => void;
  readonly #stop = new AbortController();
  readonly #queue: Task[] = [];
  readonly #workers = new Set<Promise<void>>();

  constructor(
    clock: Clock,
    onTrouble: (trouble: JanitorTrouble, error: unknown) => void,
    capacity = 20_000,
  ) {
    this.#clock = clock;
    this.#onTrouble = onTrouble;
    this.#capacity = capacity;
    // Every worker may listen while it pauses.
    setMaxListeners(WORKERS + 1, this.#stop.signal);
  }

  /**
   * Runs the task soon; again, later and later, while the store is out of reach or overloaded. Never throws.
   * @returns false if it was dropped.
   */
  later(task: Task): boolean {
    if (this.#queue.length >= this.#capacity) {
      this.#onTrouble('dropped', undefined);
      return false;
    }
    this.#queue.push(task);
    if (this.#workers.size >= WORKERS) return true;
    const worker = this.#work().finally(() => this.#workers.delete(worker));
    this.#workers.add(worker);
    return true;
  }

  /** Waits for what is under way, without further repetitions. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      await this.#repeat(task);
    }
  }

  async #repeat(task: Task): Promise<void> {
    for (let pauseMs = RETRY_MS.first; ; pauseMs = Math.min(pauseMs * 2, RETRY_MS.most)) {
      try {
        await task();
        return;
      } catch (error) {
        if (!isFault(error, 'UNAVAILABLE') && !isFault(error, 'RESOURCE_EXHAUSTED')) {
          this.#onTrouble('failed', error);
          return;
        }
      }
      if (this.#stop.signal.aborted) return;
      await sleep(this.#clock, pauseMs, this.#stop.signal);
    }
  }
}
