import convict from 'convict';
import type { Environment } from './environment.js';
import { isLinkAddress, unknownVariables } from './environment.js';
import { readConfigFile } from './file.js';
import { replacedVariables } from './replaced.js';
import type { Translated } from './replaced.js';
import { fileName, flatten, isSetting } from './setting.js';
import type { NamedSetting, Setting, SettingTree } from './setting.js';
import type { Surroundings } from './surroundings.js';

export type Origin = 'default' | 'file' | 'environment' | 'flag';

export interface Sources {
  /** Flags that were given, by the setting's flag name. */
  readonly flags: Readonly<Record<string, string>>;
  /** Path of the configuration file. */
  readonly file: string | undefined;
  readonly surroundings: Surroundings;
}

/** A setting with the value that won, and where it came from. */
export interface Setpoint extends NamedSetting {
  readonly origin: Origin;
  readonly value: unknown;
  /** The setting as whoever set it would look for it: its flag, variable, or place in the file. */
  readonly givenAs: string;
  /** Whether its variable is set to nothing, which counts as not set. */
  readonly isVariableEmpty: boolean;
}

/** The path of the setting that says whose variables count beside ours. */
const COMPATIBILITY = 'compatibility.system';

/**
 * Every setting of `tree` with its value: flags before environment, ours before that of a replaced system, before file before defaults.
 * What can't be read goes to `problems`, and the default stands in for it.
 */
export function gather(
  tree: SettingTree,
  { flags, file, surroundings }: Sources,
  problems: string[],
): Map<string, Setpoint> {
  const settings = flatten(tree);
  const names = settings.map(({ setting }) => setting.env);
  problems.push(...unknownVariables(surroundings.env, names));
  const env = notEmpty(surroundings.env, names);
  const loaded =
    file === undefined ? undefined : readConfigFile(file, surroundings, tree, settings, problems);
  // convict lays the sources over each other; the values stay as they were written until read() below.
  const raw = convict<Record<string, unknown>>(convictSchema(tree), { env: { ...env }, args: [] });
  if (loaded !== undefined) raw.load(loaded.tree);
  const replaced = replacedVariables(raw.get(COMPATIBILITY), surroundings.env);
  const setpoints = new Map<string, Setpoint>();
  for (const { path, setting } of settings) {
    const flag = setting.flag === undefined ? undefined : flags[setting.flag];
    const theirs = env[setting.env] === undefined ? replaced.get(setting.env) : undefined;
    const over = flag ?? theirs?.value;
    if (over !== undefined) raw.set(path, over);
    const inEnv = theirs?.givenAs ?? (env[setting.env] === undefined ? undefined : setting.env);
    const inFile = loaded?.values.has(path) === true ? `${file ?? ''}: ${path}` : undefined;
    const given = givenBy(setting, flag !== undefined, inEnv, inFile);
    const [origin, givenAs] = given;
    const value = read(raw.get(path), given, { setting, theirs }, problems);
    const isVariableEmpty = surroundings.env[setting.env] === '';
    setpoints.set(path, { path, setting, origin, givenAs, value, isVariableEmpty });
  }
  return setpoints;
}

/** Where a value came from, and what that is called there. */
type Given = readonly [Origin, string];

function givenBy(
  { flag, env }: Setting<unknown>,
  isFlag: boolean,
  inEnv: string | undefined,
  inFile: string | undefined,
): Given {
  if (isFlag) return ['flag', `--${flag ?? ''}`];
  if (inEnv !== undefined) return ['environment', inEnv];
  return inFile === undefined ? ['default', env] : ['file', inFile];
}

/** Those of these variables that have a value. */
function notEmpty(env: Environment, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

function read(
  written: unknown,
  [origin, givenAs]: Given,
  {
    setting,
    theirs,
  }: { readonly setting: Setting<unknown>; readonly theirs?: Translated | undefined },
  problems: string[],
): unknown {
  const isNeverEmpty = setting.isNeverEmpty === true || setting.protects !== undefined;
  if (written === '' && origin !== 'default' && isNeverEmpty) {
    problems.push(`${givenAs} is empty: give a value, or leave it out for the default`);
    return setting.format.read(setting.fallback);
  }
  const value = setting.format.read(written);
  if (value !== undefined) return value;
  const hint = (origin === 'environment' ? theirs?.hint : undefined) ?? setting.format.hint;
  problems.push(`${givenAs}=${printable(written)}: give ${hint}${linkHint(written)}`);
  return setting.format.read(setting.fallback);
}

/** What was written, on one line, without what may be a user name and a password in an address. */
function printable(written: unknown): string {
  const line = typeof written === 'string' ? written : JSON.stringify(written);
  const masked = line.replace(/[^/,"\s]*@/g, '******@').replace(/\p{Cc}/gu, '�');
  return masked.length > 200 ? `${masked.slice(0, 200)}…` : masked;
}

function linkHint(written: unknown): string {
  return typeof written === 'string' && isLinkAddress(written)
    ? '; this value is from Kubernetes, for a Service of that name: set enableServiceLinks: false in the pod'
    : '';
}

function convictSchema(tree: SettingTree): convict.Schema<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [
      fileName(name),
      isSetting(node)
        ? { default: node.fallback, env: node.env, doc: node.doc, format: '*' }
        : convictSchema(node),
    ]),
  );
}
