import type { StorageConfig } from './config.js';
import type { Setpoint } from './sources.js';

/** The variables that are set to nothing, which counts as not set, where nothing else gives a value. */
function emptyVariables(setpoints: ReadonlyMap<string, Setpoint>): string[] {
  return [...setpoints.values()]
    .filter(({ origin, isVariableEmpty }) => origin === 'default' && isVariableEmpty)
    .map(({ setting }) => setting.env);
}

/**
 * An empty variable counts as not set, as in compose files. But one that was to say which store is meant is refused: the
 * daemon would begin with another one, and share it with nobody.
 * @param isChosen whether the type of storage was said, and does not follow from what else was.
 */
export function refusedEmpty(
  setpoints: ReadonlyMap<string, Setpoint>,
  { type }: StorageConfig,
  isChosen: boolean,
): string[] {
  const namesStore = (name: string): boolean => {
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
  return emptyVariables(setpoints).filter(namesStore);
}

/** One line about all of them; nothing if there is none. */
export function emptyWarning(setpoints: ReadonlyMap<string, Setpoint>): string[] {
  const names = emptyVariables(setpoints);
  if (names.length === 0) return [];
  return [
    `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} empty, which counts as not set`,
  ];
}
