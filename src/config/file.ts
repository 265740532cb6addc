import { suggest } from '../core/nearest.js';
import {
  fileName,
  isSetting,
  type NamedSetting,
  type Setting,
  type SettingTree,
} from './setting.js';
import type { Surroundings } from './surroundings.js';

export interface ConfigFile {
  /** What it has of settings, in its shape, ready to be laid over the defaults. */
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
  walk(tree, settings, '', (found, value, setting) => {
    if (setting === undefined) {
      problems.push(`${path}: there is no setting ${found}${suggest(found, names)}`);
    } else if (isObject(value)) {
      problems.push(`${path}: ${found}: give ${setting.format.hint}`);
    } else values.set(found, value);
  });
  return { tree: treeOf(values), values };
}

function parseFile(
  path: string,
  surroundings: Surroundings,
  problems: string[],
): Readonly<Record<string, unknown>> {
  const text = readText(path, surroundings, problems);
  if (text === undefined) return {};
  try {
    const tree: unknown = JSON.parse(text);
    if (isObject(tree)) return tree;
    problems.push(`${path}: is not a JSON object`);
  } catch (error) {
    problems.push(`${path}: is not valid JSON: ${messageOf(error)}`);
  }
  return {};
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; --config takes the path of a JSON file',
  EACCES: 'this user may not read it',
  EISDIR: 'is a folder; --config takes the path of a JSON file',
};

function readText(
  path: string,
  surroundings: Surroundings,
  problems: string[],
): string | undefined {
  try {
    return surroundings.readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    problems.push(`${path}: ${WHY[code] ?? `can't be read: ${messageOf(error)}`}`);
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The values again as a tree, without what was refused: what is wrong with one hides nothing of the others. */
function treeOf(values: ReadonlyMap<string, unknown>): Readonly<Record<string, unknown>> {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const [path, value] of values) {
    const [group = '', name = ''] = path.split('.');
    tree[group] = { ...tree[group], [name]: value };
  }
  return tree;
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
