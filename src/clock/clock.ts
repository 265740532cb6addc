/**
 * Time. Durations are measured on the monotonic clock only; the wall clock is for people to read.
 */
export interface Clock {
  /** Milliseconds on the monotonic clock, with fractions. Meaningful only as a difference. */
  now(): number;
  /** Milliseconds since 1970 on the wall clock. May jump. */
  wall(): number;
  /**
   * Calls back once, not before `delayMs` have passed; any delay is exact (no 2^31 limit), below 0 counts as 0.
   * A stopped event loop delivers late: look at `now()` in the callback. Does not keep the process alive.
   */
  timer(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Idempotent; harmless after it has fired. */
  cancel(): void;
}

/** Resolves after `delayMs`, or as soon as the signal aborts, whichever is first. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const wake = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = clock.timer(delayMs, wake);
    signal?.addEventListener('abort', wake, { once: true });
  });
}
