import { readFileSync } from 'node:fs';

/** For the store's connections, log files, and what else a process opens. */
const OTHER_FILES = 256;

/** Of so few open files, as many are left for the rest as for connections. */
const MIN_PART = 0.5;

/** How many connections the limit of open files leaves room for; Infinity where the system does not tell (`/proc` is Linux's). */
export function connectionsBelowOpenFiles(read: () => string = readLimits): number {
  let limits: string;
  try {
    limits = read();
  } catch {
    return Infinity;
  }
  const [, soft] = /^Max open files +(\d+) /m.exec(limits) ?? [];
  if (soft === undefined) return Infinity;
  const files = Number(soft);
  return Math.max(1, Math.floor(Math.max(files - OTHER_FILES, files * MIN_PART)));
}

function readLimits(): string {
  return readFileSync('/proc/self/limits', 'utf8');
}
