/**
 * Durations in Go's grammar (https://pkg.go.dev/time#ParseDuration), kept as milliseconds.
 */
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5
  μs: 1e-3, // U+03BC
  ms: 1,
  s: 1000,
  m: MINUTE_MS,
  h: HOUR_MS,
};

const DURATION = /^[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const TERM = /([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/g;

/** What a person should have written instead. */
export const DURATION_HINT = 'a number with a unit, such as 500ms, 10s or 1m30s';

/**
 * Reads `60s`, `1m30s`, `500ms`, `0`. Returns milliseconds, possibly a fraction, possibly negative;
 * undefined if the text is not a duration (`10`, `1.5`, `NaN`, `1,5s`) or is beyond 2^53 ms.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (text.length > 64 || !DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(TERM)) {
    ms += Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  if (!(ms <= Number.MAX_SAFE_INTEGER)) return undefined;
  return text.startsWith('-') ? -ms : ms;
}

/** Writes milliseconds the way Go does: `1h0m0s`, `1m30s`, `10s`, `500ms`. */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const rest = Math.abs(ms);
  if (rest < 1000) return `${sign}${rest}ms`;
  const hours = Math.floor(rest / HOUR_MS);
  const minutes = Math.floor((rest % HOUR_MS) / MINUTE_MS);
  const seconds = (rest % MINUTE_MS) / 1000;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  if (minutes > 0) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${seconds}s`;
}
