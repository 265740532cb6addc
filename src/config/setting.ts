import type { Format } from './format.js';

/** One thing that can be configured. */
export interface Setting<T> {
  readonly format: Format<T>;
  /** Its environment variable. */
  readonly env: string;
  /** Its flag of `serve`, without the dashes, if it has one. */
  readonly flag?: string;
  /** The default as it would be written in the environment. */
  readonly fallback: string;
  /** What stands for the default in the documentation, where it is made from other things. */
  readonly fallbackDoc?: string;
  /** Whether an empty text, given on purpose, is refused: it could only be a default that nobody asked for. */
  readonly isNeverEmpty?: boolean;
  /**
   * What would be without protection if it were given empty, from a template whose variable is not set, say: so that is refused.
   * `etcd` counts where the storage is that.
   */
  readonly protects?: 'callers' | 'etcd';
  /** What it does, for people: one sentence or two, in Markdown. */
  readonly doc: string;
}

/** A tree of settings; the names on the way to one are its path in the configuration file (`fileName`). */
export interface SettingTree {
  readonly [name: string]: Setting<unknown> | SettingTree;
}

/** The values of a tree of settings. */
export type Values<S> =
  S extends Setting<infer T> ? T : { readonly [name in keyof S]: Values<S[name]> };

export interface NamedSetting {
  /** Its place in the configuration file, such as `server.port`. */
  readonly path: string;
  readonly setting: Setting<unknown>;
}

export function isSetting(node: Setting<unknown> | SettingTree): node is Setting<unknown> {
  return 'format' in node && 'env' in node;
}

/**
 * The name of a setting in the configuration file: a duration is written there with its unit, so its name
 * has none.
 */
export function fileName(name: string): string {
  return name.replace(/Ms$/, '');
}

/** All settings of a tree, in the order in which they are written. */
export function flatten(tree: SettingTree, prefix = ''): NamedSetting[] {
  return Object.entries(tree).flatMap(([name, node]) => {
    const path = prefix + fileName(name);
    return isSetting(node) ? [{ path, setting: node }] : flatten(node, `${path}.`);
  });
}

/** One setting, from its variable to its text for people. */
export function setting<T>(
  env: string,
  format: Format<T>,
  fallback: string,
  doc: string,
  more: Pick<Setting<T>, 'flag' | 'fallbackDoc' | 'isNeverEmpty' | 'protects'> = {},
): Setting<T> {
  return { env, format, fallback, doc, ...more };
}
