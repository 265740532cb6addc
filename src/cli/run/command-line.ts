import { accessSync, constants, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Inheritance } from '../inheritance.js';

/** A program to start, its arguments, and the descriptors from 3 that it gets, by the same numbers. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
  readonly descriptors: readonly number[];
}

/** Where the system looks if there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

/**
 * Words, as a command line that starts with what this process was started with. What Node.js has changed of it a shell puts
 * back, which then becomes the command.
 */
export function commandLine(words: readonly string[], inherited: Inheritance): CommandLine {
  const { ignored, openFiles, descriptors, variables } = inherited;
  const steps = [
    ...[...ignored].map((name) => `trap '' ${system.signals[name]}`),
    ...(openFiles === undefined ? [] : [`ulimit -Sn ${openFiles}`]),
  ];
  const [command = '', ...args] =
    steps.length === 0
      ? words
      : [
          '/bin/sh',
          '-c',
          [...steps, 'exec "$@"'].join('; '),
          'sh',
          ...withVariables(words, variables),
        ];
  return { command, args, descriptors };
}

/** Not every shell passes on variables of such names. */
function withVariables(
  words: readonly string[],
  variables: Inheritance['variables'],
): readonly string[] {
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return settings.length === 0 ? words : ['env', ...settings, ...words];
}

/** Why a command can't be started, as the system's code, such as ENOENT; undefined if it can. */
export function whyNotExecutable(command: string, env: NodeJS.ProcessEnv): string | undefined {
  if (command.includes('/')) return whyNotAt(command);
  const folders = (env.PATH ?? DEFAULT_PATH).split(delimiter);
  const reasons = folders.map((folder) => whyNotAt(join(folder === '' ? '.' : folder, command)));
  if (reasons.includes(undefined)) return undefined;
  return reasons.includes('EACCES') ? 'EACCES' : 'ENOENT';
}

function whyNotAt(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? undefined : 'EACCES';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
  }
}
