import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';

/** What the configuration depends on outside of it: passed in, so that a test can make its own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  homeFolder(): string;
  readFile(path: string): string;
  exists(path: string): boolean;
}

/** Those of this process. */
export function processSurroundings(): Surroundings {
  return {
    env: process.env,
    isRoot: process.getuid?.() === 0,
    homeFolder: homedir,
    readFile: (path) => readFileSync(path, 'utf8'),
    exists: existsSync,
  };
}
