import type { QuietTurns } from './quiet-turns.js';

/** So much is begun at once in a turn of the loop, in units of about 0.2 ms of work until it waits for something. */
const UNITS_AT_ONCE = 64;

/** So long waiting work is begun in one turn. */
const TURN_MS = 10;

/** To its `then` a microtask costs less than to `queueMicrotask`. */
const DONE = Promise.resolve();

/**
 * Begins work at a pace, in the order of arrival. Thousands of requests may be read in one turn of the event loop, and what each of them
 * does until it waits for something would be done in that turn too, while nobody else has one.
 */
export class Starts {
  readonly #quiet: QuietTurns;
  #waiting: (() => void)[] = [];
  /** In the present turn, in units. */
  #begun = 0;
  #isScheduled = false;

  constructor(quiet: QuietTurns) {
    this.#quiet = quiet;
  }

  /** Tells those who wait for a turn. */
  connectionCame(): void {
    this.#quiet.connectionCame();
  }

  /** @returns undefined: it begins now; else resolves when it may. */
  enter(units: number): Promise<void> | undefined {
    this.#schedule();
    if (this.#waiting.length === 0 && this.#begun < UNITS_AT_ONCE) {
      this.#begun += units;
      return undefined;
    }
    return new Promise((begin) => {
      this.#waiting.push(begin);
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#quiet.next(() => {
      this.#begun = 0;
      this.#beginWaiting(performance.now() + TURN_MS);
    });
  }

  #beginWaiting(untilMs: number): void {
    let next = 0;
    const step = (): void => {
      if (next < this.#waiting.length && performance.now() < untilMs) {
        this.#waiting[next++]?.();
        // What it does until it waits is done in microtasks, all of which come before the next tick.
        void DONE.then(inNextTick);
        return;
      }
      this.#waiting = this.#waiting.slice(next);
      this.#isScheduled = false;
      if (this.#waiting.length > 0) this.#schedule();
    };
    const inNextTick = (): void => process.nextTick(step);
    step();
  }
}
