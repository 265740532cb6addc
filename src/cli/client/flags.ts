import { InvalidArgumentError, Option } from 'commander';
import type { FencedBy } from '../../client/fence.js';
import { MAX_DEADLINE_MS, MIN_DEADLINE_MS } from '../../client/settings.js';
import { DURATION_HINT, formatDuration, parseDuration } from '../../core/duration.js';

/** What commander hands to an action's parser: throws what it shows as one line, with exit code 64. */
function refuse(hint: string): never {
  throw new InvalidArgumentError(`Give ${hint}.`);
}

/** Milliseconds of a duration that is not negative. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  return ms === undefined || ms < 0 ? refuse(DURATION_HINT) : ms;
}

/** Milliseconds of a wait: a duration, or a number of seconds, as flock has it. */
export function waitMs(text: string): number {
  return durationMs(/^[0-9]+(?:\.[0-9]+)?$/.test(text) ? `${text}s` : text);
}

/** How long a call may take, in milliseconds, as far as the client allows it. */
export function deadlineMs(text: string): number {
  const ms = durationMs(text);
  const isFine = ms >= MIN_DEADLINE_MS && ms <= MAX_DEADLINE_MS;
  return isFine
    ? ms
    : refuse(`from ${formatDuration(MIN_DEADLINE_MS)} to ${formatDuration(MAX_DEADLINE_MS)}`);
}

/** A signed 64-bit integer, to the last digit; whether it fits is the client's to say. */
export function int64(text: string): bigint {
  return /^[+-]?[0-9]{1,20}$/.test(text)
    ? BigInt(text.replace(/^\+/, ''))
    : refuse('a whole number');
}

/** A whole number from 1 to 2^53-1, such as a fencing token. */
export function positive(text: string): number {
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : 0;
  return number >= 1 && Number.isSafeInteger(number) ? number : refuse('a whole number from 1');
}

/** A whole number from 0 to 2^53-1, such as a revision or a version. */
export function natural(text: string): number {
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1;
  return number >= 0 && Number.isSafeInteger(number) ? number : refuse('a whole number from 0');
}

/** An exit code that a program can end with. */
export function exitCode(text: string): number {
  const number = natural(text);
  return number <= 255 ? number : refuse('an exit code from 0 to 255');
}

/** Collects `name=value`; the flag may be given many times. */
export function label(
  text: string,
  earlier: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) return refuse('name=value');
  // Not by assignment: `__proto__` is an ordinary name.
  return Object.fromEntries([
    ...Object.entries(earlier ?? {}),
    [text.slice(0, at), text.slice(at + 1)],
  ]);
}

/** `LOCK:TOKEN`, or `election:ELECTION:TERM`: the fence of a write. The name may have colons. */
export function fence(text: string): FencedBy {
  const ELECTION = 'election:';
  const isElection = text.startsWith(ELECTION);
  const rest = isElection ? text.slice(ELECTION.length) : text.replace(/^lock:/, '');
  const at = rest.lastIndexOf(':');
  if (at < 1) return refuse('LOCK:TOKEN, such as report:1042, or election:ELECTION:TERM');
  const [name, token] = [rest.slice(0, at), positive(rest.slice(at + 1))];
  return isElection ? { name, term: token } : { name, fencingToken: token };
}

export const FLAGS = {
  ttl: () =>
    new Option(
      '--ttl <duration>',
      "how long it outlives its owner's last renewal: 1s to 24h (default: the daemon's, 10s)",
    ).argParser(durationMs),
  owner: () =>
    new Option('--owner <text>', 'who asks, for people to read (default: user@host:pid)'),
  labels: () =>
    new Option(
      '--label <name=value>',
      'a label for people and for lists; may be repeated',
    ).argParser(label),
  withLabels: () =>
    new Option('--label <name=value>', 'only those with this label; may be repeated').argParser(
      label,
    ),
  value: () => new Option('--value <text>', 'stored with it, for others to read; at most 64 KiB'),
  prefix: () => new Option('--prefix <text>', 'only names that begin so'),
  fromRevision: () =>
    new Option(
      '--from <revision>',
      'resume after this revision, without the first state',
    ).argParser(natural),
  fence: () =>
    new Option(
      '--fence <lock:token>',
      'only while this lock is held with this fencing token, or, as election:NAME:TERM, in this term',
    ).argParser(fence),
} as const;
