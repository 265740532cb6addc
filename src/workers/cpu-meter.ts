import { readFileSync } from 'node:fs';
import type { Clock } from '../clock/clock.js';

/** How much CPU time a process has used, in milliseconds; meaningful only as a difference. */
export type CpuMeter = () => number;

/** Where the kernel does not tell what a process used, it is taken to have had one millisecond in ten. */
const ASSUMED_SHARE = 0.1;

/** Of the main thread of a process: on Linux what the kernel has counted, elsewhere a share of the time that passes. */
export function cpuMeterOf(pid: number | undefined, clock: Clock): CpuMeter {
  const assumed: CpuMeter = () => clock.now() * ASSUMED_SHARE;
  if (pid === undefined || scheduledMs(pid) === undefined) return assumed;
  let lastMs = 0;
  // A process that has just ended has no file any more.
  return () => (lastMs = scheduledMs(pid) ?? lastMs);
}

/** Some kernels have no such file, and some have zeros in it. */
function scheduledMs(pid: number): number | undefined {
  try {
    const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) > 0 ? Number(nanoseconds) / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
