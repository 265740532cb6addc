import { sleep, type Clock } from '../clock/clock.js';
import { isFault } from '../core/errors.js';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/**
 * Takes away what an operation left behind when it could not do so itself: the caller went away, or the
 * store did not answer. A task is repeated until it succeeds, so it must be harmless to repeat.
 *
 * Bounded: beyond `capacity` tasks a new one is dropped, and counted; what it would have taken away then
 * stays until its lease ends.
 */
export class Janitor {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #dropped = 0;

  constructor(clock: Clock, capacity = 20_000) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Runs the task soon; again, later and later, while it fails with UNAVAILABLE. Never throws.
   * A task that waits should stop waiting when the signal aborts.
   */
  later(task: (stop: AbortSignal) => Promise<unknown>): void {
    if (this.#running.size >= this.#capacity) {
      this.#dropped++;
      return;
    }
    const run = this.#repeat(task).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Waits for what is under way, without further repetitions. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async #repeat(task: (stop: AbortSignal) => Promise<unknown>): Promise<void> {
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_RETRY_MS)) {
      try {
        await task(this.#stop.signal);
        return;
      } catch (error) {
        // Only an unreachable or overloaded store is worth asking again.
        if (!isFault(error, 'UNAVAILABLE') && !isFault(error, 'RESOURCE_EXHAUSTED')) return;
      }
      if (this.#stop.signal.aborted) return;
      await sleep(this.#clock, pauseMs, this.#stop.signal);
    }
  }
}
