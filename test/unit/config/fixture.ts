import { expect } from 'chai';
import { ConfigError } from '../../../src/config/config.js';
import { loadConfig, type LoadedConfig } from '../../../src/config/load.js';
import type { Surroundings } from '../../../src/config/surroundings.js';

export interface Setup {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
  /** Content of the configuration file. */
  readonly file?: unknown;
  /** Where the configuration file is said to be; default `FILE`, if there is content. */
  readonly configPath?: string;
  /** Other files: path → content. */
  readonly files?: Readonly<Record<string, string>>;
  readonly isRoot?: boolean;
}

export const FILE = '/etc/shared-lock.json';

/** Loads the configuration in surroundings of the test's own making. */
export function load(setup: Setup = {}): LoadedConfig {
  const files = new Map(Object.entries(setup.files ?? {}));
  if (setup.file !== undefined) {
    files.set(FILE, typeof setup.file === 'string' ? setup.file : JSON.stringify(setup.file));
  }
  const surroundings: Surroundings = {
    env: setup.env ?? {},
    isRoot: setup.isRoot ?? false,
    homeFolder: () => '/home/ann',
    readFile: (path) => {
      const text = files.get(path);
      if (text === undefined)
        throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
      return text;
    },
    exists: (path) => files.has(path),
  };
  const file = setup.configPath ?? (setup.file === undefined ? undefined : FILE);
  return loadConfig({ flags: setup.flags ?? {}, file, surroundings });
}

/** The problems that a configuration is refused for. */
export function problems(setup: Setup): readonly string[] {
  try {
    load(setup);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  expect.fail('the configuration was taken');
}
