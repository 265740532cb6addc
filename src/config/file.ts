import { suggest } from './nearest.js';
import {
  fileName,
  isSetting,
  type NamedSetting,
  type Setting,
  type SettingTree,
} from './setting.js';
import type { Surroundings } from './surroundings.js';

export interface ConfigFile {
  /** The file as it is, ready to be laid over the defaults. */
  readonly tree: Readonly<Record<string, unknown>>;
  /** Path of each setting that it has → its value. */
  readonly values: ReadonlyMap<string, unknown>;
}

/** Reads a configuration file: a JSON object shaped as `SETTINGS`. What is wrong goes to `problems`. */
export function readConfigFile(
  path: string,
  surroundings: Surroundings,
  settings: SettingTree,
  known: readonly NamedSetting[],
  problems: string[],
): ConfigFile {
  const tree = parseFile(path, surroundings, problems);
  const values = new Map<string, unknown>();
  const names = known.map((one) => one.path);
  const before = problems.length;
  walk(tree, settings, '', (found, value, setting) => {
    if (setting === undefined) {
      problems.push(`${path}: there is no setting ${found}${suggest(found, names)}`);
    } else if (isObject(value)) {
      problems.push(`${path}: ${found}: give ${setting.format.hint}`);
    } else values.set(found, value);
  });
  // convict trips over an object where it expects a value.
  return { tree: problems.length === before ? tree : {}, values };
}

function parseFile(
  path: string,
  surroundings: Surroundings,
  problems: string[],
): Readonly<Record<string, unknown>> {
  try {
    const tree: unknown = JSON.parse(surroundings.readFile(path));
    if (isObject(tree)) return tree;
    problems.push(`${path}: is not a JSON object`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(`${path}: can't be read as JSON: ${why}`);
  }
  return {};
}

function walk(
  tree: Readonly<Record<string, unknown>>,
  settings: SettingTree,
  prefix: string,
  found: (path: string, value: unknown, setting: Setting<unknown> | undefined) => void,
): void {
  const nodes = new Map(Object.entries(settings).map(([name, node]) => [fileName(name), node]));
  for (const [name, value] of Object.entries(tree)) {
    const node = nodes.get(name);
    const path = prefix + name;
    if (node === undefined) found(path, value, undefined);
    else if (isSetting(node)) found(path, value, node);
    else if (isObject(value)) walk(value, node, `${path}.`, found);
    else found(path, value, undefined);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
