import { DURATION_HINT, formatDuration, parseDuration } from '../core/duration.js';

/** How one kind of setting is read, from text or from a JSON value of the configuration file. */
export interface Format<T> {
  /** What would be right, to complete `give …`. */
  readonly hint: string;
  /** The value, or undefined if the input is not one. */
  read(input: unknown): T | undefined;
  /** The value as a person would write it. */
  show(value: T): string;
}

export const text: Format<string> = {
  hint: 'a line of text without control characters',
  read: (input) =>
    // eslint-disable-next-line no-control-regex -- finding control characters is the point
    typeof input === 'string' && !/[\u0000-\u001f\u007f]/.test(input) ? input : undefined,
  show: (value) => value,
};

/** The words that Go's strconv.ParseBool takes, since the original was configured with them. */
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export const boolean: Format<boolean> = {
  hint: 'true or false',
  read: (input) => {
    if (typeof input === 'boolean') return input;
    if (typeof input !== 'string') return undefined;
    if (TRUE.has(input)) return true;
    return FALSE.has(input) ? false : undefined;
  },
  show: String,
};

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number, hint?: string): Format<number> {
  return {
    hint: hint ?? `a whole number from ${min} to ${max}`,
    read: (input) => {
      const digits = typeof input === 'number' ? String(input) : input;
      if (typeof digits !== 'string' || !/^[0-9]{1,16}$/.test(digits)) return undefined;
      const value = Number(digits);
      return value >= min && value <= max ? value : undefined;
    },
    show: String,
  };
}

export const port: Format<number> = integer(0, 65_535, 'a port from 0 to 65535 (0: any free one)');

/** A duration in Go's grammar, in whole milliseconds (a rest is rounded up), from `minMs` to `maxMs`. */
export function durationMs(minMs: number, maxMs: number): Format<number> {
  return {
    hint: `a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}: ${DURATION_HINT}`,
    read: (input) => {
      const ms = typeof input === 'string' ? parseDuration(input) : undefined;
      if (ms === undefined) return undefined;
      const whole = Math.ceil(ms);
      return whole >= minMs && whole <= maxMs ? whole : undefined;
    },
    show: formatDuration,
  };
}

/** Linux has room for so many in the address of a Unix socket. */
const SOCKET_PATH_BYTES = 107;

/** Where a Unix socket is to be; empty: nowhere. */
export const socketPath: Format<string> = {
  hint: `an absolute path of at most ${SOCKET_PATH_BYTES} bytes, such as /run/shared-lock/http.sock`,
  read: (input) => {
    const value = text.read(input);
    if (value === undefined || value === '') return value;
    const fits = new TextEncoder().encode(value).length <= SOCKET_PATH_BYTES;
    return fits && /^\/.*[^/]$/.test(value) ? value : undefined;
  },
  show: (value) => value,
};

/** Permission bits of a Unix socket. The owner's include reading and writing, or the daemon's own user could not ask it. */
export const socketMode: Format<number> = {
  hint: 'three octal digits, 0 before them if you like, of which the first is 6, such as 0660',
  read: (input) =>
    typeof input === 'string' && /^0?6[0246]{2}$/.test(input)
      ? Number.parseInt(input, 8)
      : undefined,
  show: (value) => value.toString(8).padStart(4, '0'),
};

/** One below the number that means "none". */
const MAX_GROUP_ID = 2 ** 32 - 2;

/** A group, by name or number; empty: none. */
export const socketGroup: Format<string> = {
  hint: `the name of a group, or its number from 0 to ${MAX_GROUP_ID}`,
  read: (input) => {
    const value = typeof input === 'number' ? String(input) : text.read(input);
    if (value === undefined || value === '') return value;
    if (/^[0-9]+$/.test(value)) return Number(value) <= MAX_GROUP_ID ? value : undefined;
    return /^[A-Za-z_][^:,\s]{0,63}$/.test(value) ? value : undefined;
  },
  show: (value) => value,
};

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): Format<W> {
  return {
    hint: `one of ${words.filter((word) => word !== '').join(', ')}`,
    read: (input) => words.find((word) => word === input),
    show: (value) => value,
  };
}

/** A prefix of keys in the store. */
export const keyPrefix: Format<string> = {
  hint: 'a text that begins and ends with / and has something between, such as /shared-lock/',
  read: (input) => {
    const value = text.read(input);
    if (value === undefined || value.length > 512 || !value.isWellFormed()) return undefined;
    return /^\/.*[^/].*\/$/.test(value) ? value : undefined;
  },
  show: (value) => value,
};
