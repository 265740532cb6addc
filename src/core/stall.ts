/** Both clocks, read at the same moment, in milliseconds. */
export interface ClockReading {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** How late a tick may come, and how far the wall clock may run ahead between two ticks. */
const TOLERANCE_MS = 1000;

/**
 * Whether something stood still between two ticks that should be `periodMs` apart: the event loop, the process, or
 * the whole machine. While a machine sleeps its monotonic clock may stand still, but the wall clock goes on. A wall
 * clock that was set forward looks the same: doubting a lease too often does no harm.
 */
export function hasStalled(earlier: ClockReading, later: ClockReading, periodMs: number): boolean {
  const elapsedMs = later.monotonicMs - earlier.monotonicMs;
  const wallElapsedMs = later.wallMs - earlier.wallMs;
  return elapsedMs > periodMs + TOLERANCE_MS || wallElapsedMs > elapsedMs + TOLERANCE_MS;
}
