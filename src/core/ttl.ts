import { formatDuration } from './duration.js';
import { invalid } from './errors.js';
import type { TtlBounds } from './limits.js';

/**
 * The TTL to grant, in whole seconds: the requested one rounded up, at least the minimum.
 * Without a request it is the default.
 * @throws Fault INVALID_ARGUMENT if it is not above zero, or above the maximum.
 */
export function resolveTtlSeconds(
  requestedMs: number | undefined,
  bounds: TtlBounds,
  field = 'ttl',
): number {
  const ms = requestedMs ?? bounds.defaultMs;
  if (!(ms > 0) || ms > bounds.maxMs) {
    throw invalid(
      field,
      `must be above 0 and at most ${formatDuration(bounds.maxMs)} ` +
        `(below ${formatDuration(bounds.minMs)}, ${formatDuration(bounds.minMs)} is granted)`,
    );
  }
  return Math.ceil(Math.max(ms, bounds.minMs) / 1000);
}
