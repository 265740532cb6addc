import type { Clock, Timer } from '../clock/clock.js';

/** Looking at files is cheap, and finds also what changes by a symbolic link, as Kubernetes does it. */
const INTERVAL_MS = 10_000;

/** Looks every 10 s, one at a time. @param look never rejects. @returns what ends it. */
export function lookAgain(clock: Clock, look: () => Promise<void>): () => void {
  let isStopped = false;
  const arm = (): Timer =>
    clock.timer(INTERVAL_MS, () => {
      void look().finally(() => {
        if (!isStopped) timer = arm();
      });
    });
  let timer = arm();
  return () => {
    isStopped = true;
    timer.cancel();
  };
}
