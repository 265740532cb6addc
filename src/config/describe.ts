import type { LoadedConfig } from './load.js';
import type { Config } from './config.js';
import type { Setpoint } from './sources.js';

/** The configuration for a person, one setting a line with where its value came from. Shows no secret. */
export function describeConfig({ config, setpoints }: LoadedConfig): string {
  const rows = setpoints.map((setpoint) => [
    setpoint.setting.env,
    shown(setpoint) || '-',
    setpoint.origin,
  ]);
  return [...columns(rows), '', ...conclusions(config)].join('\n');
}

function shown({ setting, value }: Setpoint): string {
  return setting.format.show(value);
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1].map((column) =>
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
function conclusions({ storage, tls }: Config): string[] {
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
  return lines;
}
