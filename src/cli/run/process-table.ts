import { readdirSync, readFileSync } from 'node:fs';

/** One process of this machine. */
export interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** By the system's own clock, for comparison. */
  readonly startedAt: string;
  /** It has ended, and its parent has not asked how. */
  readonly isDead: boolean;
  /** `\0NAME=value\0NAME=value\0`, as it was started; empty if it is another user's. */
  readonly environment: () => string;
}

/** Of the fields of /proc/<pid>/stat, counted from the state. */
const STARTED_AT = 19;

/** All processes; none where there is no /proc, as elsewhere than on Linux. */
export function processTable(): Entry[] {
  return numbersIn('/proc').flatMap((pid) => entryOf(pid) ?? []);
}

/** @returns undefined if there is no such process, or no /proc. */
export function entryOf(pid: number): Entry | undefined {
  // The name, in parentheses, may have anything in it.
  const [, rest = ''] = /^.*\) (.*)/s.exec(read(`/proc/${pid}/stat`)) ?? [];
  const fields = rest.split(' ');
  const [state = '', parent = '', group = '', session = ''] = fields;
  if (state === '') return undefined;
  return {
    ...{ pid, parent: Number(parent), group: Number(group), session: Number(session) },
    startedAt: fields[STARTED_AT] ?? '',
    isDead: state === 'Z' || state === 'X',
    environment: () => `\0${read(`/proc/${pid}/environ`)}`,
  };
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Empty if it can't be read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
