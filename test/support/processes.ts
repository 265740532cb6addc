import { readFileSync } from 'node:fs';

/** As /proc has it: T is stopped, Z is dead and not yet collected; undefined: there is no such process. */
export function stateOf(pid: number): string | undefined {
  return statOf(pid)?.[0];
}

export function parentOf(pid: number): number | undefined {
  const parent = statOf(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** The fields behind the name. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  } catch {
    return undefined;
  }
}
