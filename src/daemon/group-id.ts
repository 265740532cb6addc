import { readFileSync } from 'node:fs';

const NUMBER = /^[0-9]+$/;

/**
 * The number of a group: as given, or that of the name in /etc/group, since Node.js has no other way to look it up.
 * Undefined if that names no such group.
 */
export function groupIdOf(group: string, file = '/etc/group'): number | undefined {
  if (NUMBER.test(group)) return Number(group);
  const entry = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === group);
  const id = entry?.[2] ?? '';
  return NUMBER.test(id) ? Number(id) : undefined;
}
