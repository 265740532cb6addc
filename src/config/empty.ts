import type { StorageConfig } from './config.js';
import type { Setting } from './setting.js';
import type { Setpoint } from './sources.js';

/** The settings whose variables are set to nothing, which counts as not set, where nothing else gives a value. */
function emptyVariables(setpoints: ReadonlyMap<string, Setpoint>): Setting<unknown>[] {
  return [...setpoints.values()]
    .filter(({ origin, isVariableEmpty }) => origin === 'default' && isVariableEmpty)
    .map(({ setting }) => setting);
}

/**
 * An empty variable counts as not set, as in compose files. But one that was to say which store is meant is refused: the
 * daemon would begin with another one, and share it with nobody. So is one without which something is not protected.
 * @param isChosen whether the type of storage was said, and does not follow from what else was.
 * @returns a line for each.
 */
export function refusedEmpty(
  setpoints: ReadonlyMap<string, Setpoint>,
  { type }: StorageConfig,
  isChosen: boolean,
): string[] {
  const namesStore = ({ env: name }: Setting<unknown>): boolean => {
    switch (name) {
      case 'SHARED_LOCK_KEY_PREFIX':
        return true;
      case 'SHARED_LOCK_DATA_DIR':
        return type === 'embedded';
      case 'SHARED_LOCK_ETCD_ADDR_LIST':
        return type === 'etcd' || !isChosen;
      default:
        return type === 'embedded' && !isChosen && /_ETCD_|_STORAGE_TYPE$/.test(name);
    }
  };
  return emptyVariables(setpoints).flatMap((setting) => {
    const { env, protects } = setting;
    if (namesStore(setting)) return [refusal(env, 'would use a store that nobody named')];
    if (protects === 'callers') return [refusal(env, 'would serve without what it protects')];
    const isOpen = protects === 'etcd' && type === 'etcd';
    return isOpen ? [refusal(env, 'would use etcd without what it protects')] : [];
  });
}

function refusal(name: string, consequence: string): string {
  return `${name} is empty: give a value, or unset it; the daemon ${consequence}`;
}

/** One line about all of them; nothing if there is none. */
export function emptyWarning(setpoints: ReadonlyMap<string, Setpoint>): string[] {
  const names = emptyVariables(setpoints).map(({ env }) => env);
  if (names.length === 0) return [];
  return [
    `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} empty, which counts as not set`,
  ];
}
