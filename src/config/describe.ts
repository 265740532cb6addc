import type { LoadedConfig } from './load.js';
import type { Config } from './config.js';
import type { Setpoint } from './sources.js';

/**
 * The configuration for a person: a line for each setting with its variable, its name in the file, its value, and
 * where that came from. Shows no secret.
 */
export function describeConfig({ config, setpoints }: LoadedConfig): string {
  const head = ['variable', 'in the file', 'value', 'from'];
  const rows = setpoints.map((setpoint) => [
    setpoint.setting.env,
    setpoint.path,
    shown(setpoint) || effective(setpoint, config) || '-',
    originOf(setpoint),
  ]);
  return [...columns([head, ...rows]), '', ...conclusions(config)].join('\n');
}

/** With the name of a variable that is not ours. */
function originOf({ origin, givenAs, setting }: Setpoint): string {
  const isTheirs = origin === 'environment' && givenAs !== setting.env;
  return isTheirs ? `${origin}, ${givenAs}` : origin;
}

function shown({ setting, value }: Setpoint): string {
  return setting.format.show(value);
}

/** What stands for a setting that nobody gave and that has no default of its own. */
function effective({ path }: Setpoint, { storage }: Config): string {
  if (path === 'storage.type') return storage.type;
  return path === 'storage.dataDir' && storage.type === 'embedded' ? storage.folder : '';
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) =>
    Math.min(60, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** What follows from the settings together. */
function conclusions({ storage, tls, warnings }: Config): string[] {
  const lines = [`storage: ${storage.type}`];
  if (storage.type === 'embedded') lines.push(`folder: ${storage.folder}`);
  if (storage.type === 'etcd') {
    const { endpoints, auth, tls: etcdTls } = storage.etcd;
    lines.push(`etcd: ${endpoints.join(', ')}`);
    if (etcdTls !== undefined) {
      lines.push(`etcd's authorities: ${etcdTls.caPath ?? 'those that Node brings'}`);
      lines.push(`certificate shown to etcd: ${etcdTls.client?.certPath ?? 'none'}`);
    }
    if (auth !== undefined) lines.push(`etcd user: ${auth.username}, password ******`);
  }
  lines.push(`TLS: ${tls === undefined ? 'off' : `on, with ${tls.certPath}`}`);
  lines.push(...warnings.map((warning) => `warning: ${warning}`));
  return lines;
}
