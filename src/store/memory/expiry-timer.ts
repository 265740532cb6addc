import type { Clock, Timer } from '../../clock/clock.js';

/** One timer, for whatever is due first. */
export class ExpiryTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #armed: { readonly dueMs: number; readonly timer: Timer } | undefined;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Sees to it that `onDue` is called at `dueMs` of the monotonic clock, or earlier if that was set before. */
  arm(dueMs: number): void {
    if (this.#armed !== undefined && this.#armed.dueMs <= dueMs) return;
    this.#armed?.timer.cancel();
    const timer = this.#clock.timer(dueMs - this.#clock.now(), () => {
      this.#armed = undefined;
      this.#onDue();
    });
    this.#armed = { dueMs, timer };
  }

  cancel(): void {
    this.#armed?.timer.cancel();
    this.#armed = undefined;
  }
}
