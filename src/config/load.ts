import { ConfigError, type Config } from './config.js';
import { resolve } from './resolve.js';
import { fileName, isSetting, type SettingTree } from './setting.js';
import { SETTINGS, type SettingValues } from './settings.js';
import { gather, type Setpoint, type Sources } from './sources.js';

export interface LoadedConfig {
  readonly config: Config;
  /** Every setting with its value and where that came from, in the order of the documentation. */
  readonly setpoints: readonly Setpoint[];
}

/**
 * Reads the configuration: flags before environment before file before defaults.
 * @throws ConfigError with everything that is wrong, so that nobody has to find it out one at a time.
 */
export function loadConfig(sources: Sources): LoadedConfig {
  const problems: string[] = [];
  const setpoints = gather(SETTINGS, sources, problems);
  const config = resolve(valuesOf(setpoints), {
    setpoints,
    surroundings: sources.surroundings,
    problems,
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: deepFreeze(config), setpoints: [...setpoints.values()] };
}

function valuesOf(setpoints: ReadonlyMap<string, Setpoint>): SettingValues {
  const build = (tree: SettingTree, prefix: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(tree).map(([name, node]) => {
        const path = prefix + fileName(name);
        return [name, isSetting(node) ? setpoints.get(path)?.value : build(node, `${path}.`)];
      }),
    );
  // Same shape as SETTINGS by construction; each value was made by that setting's own format.
  return build(SETTINGS, '') as SettingValues;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
