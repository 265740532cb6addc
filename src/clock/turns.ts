import type { QuietTurns } from './quiet-turns.js';

/**
 * Turns of the event loop for long work that is done in pieces: whoever has done one waits for the next. Each turn goes to one, in
 * the order of asking, so that many who work long keep everybody else no longer than one of them does.
 */
export class Turns {
  readonly #quiet: QuietTurns;
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;

  constructor(quiet: QuietTurns) {
    this.#quiet = quiet;
  }

  /** Resolves in a later turn of the loop. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#quiet.next(() => {
      this.#isScheduled = false;
      this.#waiting.shift()?.();
      this.#schedule();
    });
  }
}
