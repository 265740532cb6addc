import type { WireClock } from '../handlers/wire.js';

/** A timer that is later shows that the daemon was busy: what came meanwhile is not read yet. */
const LATE_MS = 50;

/**
 * A timer for what a caller has to send in time. If the daemon was busy when it went off, it begins anew, for as long as that was,
 * since timers go before reading: a daemon that had no CPU time must not blame its callers.
 */
export function patience(
  clock: WireClock,
  delayMs: number,
  callback: () => void,
): { cancel(): void } {
  const wait = (waitMs: number): { cancel(): void } => {
    const dueMs = clock.now() + waitMs;
    return clock.timer(waitMs, () => {
      const lateMs = clock.now() - dueMs;
      if (lateMs > LATE_MS) timer = wait(Math.min(lateMs, delayMs));
      else callback();
    });
  };
  let timer = wait(delayMs);
  return {
    cancel: () => {
      timer.cancel();
    },
  };
}
