import { clearImmediate, setImmediate } from 'node:timers';
import type { WireClock } from '../handlers/wire.js';

/**
 * A timer for what a caller has to send in time. What has come, and was not read yet since the daemon was busy, is read before
 * it goes off: a daemon that had no CPU time must not blame its callers.
 */
export function patience(
  clock: WireClock,
  delayMs: number,
  callback: () => void,
): { cancel(): void } {
  let late: NodeJS.Immediate | undefined;
  const timer = clock.timer(delayMs, () => {
    // Timers go before reading, and this after it, however late it is.
    late = setImmediate(callback);
  });
  return {
    cancel: () => {
      timer.cancel();
      clearImmediate(late);
    },
  };
}
