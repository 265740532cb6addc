import { parseDuration } from '../core/duration.js';

/** google.protobuf.Duration and Timestamp as proto-loader has them: int64 as text. */
export interface SecondsAndNanos {
  readonly seconds: string;
  readonly nanos: number;
}

const NANOS_PER_MS = 1_000_000;
const NANOS_PER_SECOND = 1_000_000_000;

/** Also for a Timestamp: milliseconds since 1970. */
export function toSecondsAndNanos(ms: number): SecondsAndNanos {
  let seconds = Math.trunc(ms / 1000);
  let nanos = Math.round((ms - seconds * 1000) * NANOS_PER_MS);
  if (Math.abs(nanos) === NANOS_PER_SECOND) {
    seconds += Math.sign(nanos);
    nanos = 0;
  }
  // `+ 0` turns -0 into 0.
  return { seconds: String(seconds + 0), nanos: nanos + 0 };
}

/** Milliseconds, possibly a fraction; ±Infinity is never returned: seconds are an int64. */
export function fromSecondsAndNanos({ seconds, nanos }: SecondsAndNanos): number {
  return Number(seconds) * 1000 + nanos / NANOS_PER_MS;
}

/**
 * Reads a duration in Go's grammar; undefined if the text is none. The form of the proto3 JSON mapping
 * (`1.5s`) is read exactly, others to within a millisecond's last bits.
 */
export function parseDurationText(text: string): SecondsAndNanos | undefined {
  const [, sign, whole = '', fraction = ''] =
    /^(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s$/.exec(text) ?? [];
  if (sign === undefined) {
    const ms = parseDuration(text);
    return ms === undefined ? undefined : toSecondsAndNanos(ms);
  }
  const factor = sign === '-' ? -1 : 1;
  // `+ 0` turns -0 into 0.
  return {
    seconds: String(factor * Number(whole) + 0),
    nanos: factor * Number(fraction.padEnd(9, '0')) + 0,
  };
}

/** The form of the proto3 JSON mapping: `10s`, `1.500s`, `-0.000000001s`. */
export function durationText({ seconds, nanos }: SecondsAndNanos): string {
  const negative = seconds.startsWith('-') || nanos < 0;
  const whole = seconds.replace('-', '');
  return `${negative ? '-' : ''}${whole}${fractionText(Math.abs(nanos))}s`;
}

/** Nothing, or a point and 3, 6 or 9 digits. */
export function fractionText(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  return `.${digits.replace(/(?:000){1,2}$/, '')}`;
}
