import { invalid } from '../../core/errors.js';
import type { Labels } from '../../core/labels.js';
import type { LockMode } from '../../core/lock.js';
import { fromSecondsAndNanos, toSecondsAndNanos } from '../duration.js';
import type { SecondsAndNanos } from '../duration.js';

/** Milliseconds; undefined if the field is absent. */
export function msFrom(duration: SecondsAndNanos | null): number | undefined {
  return duration === null ? undefined : fromSecondsAndNanos(duration);
}

/** Also for a Timestamp. Absent if there is nothing to say. */
export function durationOf(ms: number | undefined): SecondsAndNanos | null {
  return ms === undefined ? null : toSecondsAndNanos(ms);
}

/** What is left until a loss, in whole milliseconds: rounded down, and never below 0. */
export function leftOf(ms: number): SecondsAndNanos {
  return toSecondsAndNanos(Math.max(0, Math.floor(ms)));
}

/** What is left of a lease, in whole milliseconds: rounded down, so that nobody relies on more than there is. */
export function remainingOf(seconds: number | undefined): SecondsAndNanos | null {
  return seconds === undefined ? null : toSecondsAndNanos(Math.floor(seconds * 1000));
}

/** A Map, so that `__proto__` stays a label like any other. */
export function labelsFrom(labels: Readonly<Record<string, string>>): Labels {
  return new Map(Object.entries(labels));
}

export function labelsOf(labels: Labels): Record<string, string> {
  // Without a prototype, `__proto__` is a key like any other.
  const record = Object.create(null) as Record<string, string>;
  for (const [name, value] of labels) record[name] = value;
  return record;
}

/** @throws Fault INVALID_ARGUMENT for a number that is no mode: proto3 keeps those. */
export function modeFrom(mode: LockMode): LockMode {
  if (typeof mode === 'string') return mode;
  throw invalid('mode', 'must be one of EXCLUSIVE, SHARED, SEMAPHORE');
}
