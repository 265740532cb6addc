import { visible } from '../../core/visible.js';

/** Names of 64-bit integers, which are text in the API's JSON too, so that no reader loses digits. */
const INT64 = new Set([
  ...['fencingToken', 'currentToken', 'revision', 'term', 'value', 'previous'],
]);

/**
 * JSON in the words of the HTTP API: durations as `"10s"`, times as RFC 3339, 64-bit integers as text. Units at the end
 * of our names say which is which.
 */
export function toJson(value: object): string {
  // What JSON allows could still talk to a terminal; its escapes are JSON too.
  return visible(JSON.stringify(wireForm(value)));
}

function wireForm(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(wireForm);
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) =>
      typeof each === 'number' ? numberForm(name, each) : [name, wireForm(each)],
    ),
  );
}

function numberForm(name: string, number: number): [string, unknown] {
  if (INT64.has(name)) return [name, String(number)];
  const seconds = /^(.*)Seconds$/.exec(name)?.[1];
  if (seconds !== undefined) return [seconds, `${round(number)}s`];
  const time = /^(.*At|since)Ms$/.exec(name)?.[1];
  if (time !== undefined) return [time, new Date(number).toISOString()];
  const duration = /^(.*)Ms$/.exec(name)?.[1];
  return duration === undefined ? [name, number] : [duration, `${round(number / 1000)}s`];
}

/** Whole milliseconds. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
