import { readFileSync, readlinkSync } from 'node:fs';
import type { Clock } from '../clock/clock.js';

/** How much CPU time a thread has used, in milliseconds; meaningful only as a difference. */
export type CpuMeter = () => number;

/** Where there is no clock of a thread's CPU time, it is taken to have had one millisecond in ten. */
const ASSUMED_SHARE = 0.1;

/** The number of the thread that asks, as the kernel counts; undefined where that is no Linux. */
export function ownThreadId(): number | undefined {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return undefined;
  }
}

/** Of a thread of this process: on Linux what the kernel has counted, elsewhere a share of the time that passes. */
export function cpuMeterOf(threadId: number | undefined, clock: Clock): CpuMeter {
  const assumed: CpuMeter = () => clock.now() * ASSUMED_SHARE;
  if (threadId === undefined || scheduledMs(threadId) === undefined) return assumed;
  let lastMs = 0;
  // A thread that has just ended has no file any more.
  return () => (lastMs = scheduledMs(threadId) ?? lastMs);
}

/** Some kernels have no such file, and some have zeros in it. */
function scheduledMs(threadId: number): number | undefined {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${threadId}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) > 0 ? Number(nanoseconds) / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
