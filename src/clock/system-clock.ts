import type { Clock, Timer } from './clock.js';

/** The longest delay that `setTimeout` takes; beyond it fires after 1 ms. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The real clocks of this process. */
export class SystemClock implements Clock {
  now(): number {
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  timer(delayMs: number, callback: () => void): Timer {
    const dueMs = this.now() + delayMs;
    let timeout: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = dueMs - this.now();
      timeout = setTimeout(
        () => {
          // setTimeout may fire up to a millisecond early by this clock.
          if (this.now() < dueMs) arm();
          else callback();
        },
        Math.min(Math.max(Math.ceil(leftMs), 0), MAX_TIMEOUT_MS),
      );
      timeout.unref();
    };
    arm();
    return {
      cancel: () => {
        clearTimeout(timeout);
      },
    };
  }
}
