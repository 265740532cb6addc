import type { Config, ConfigChange } from '../../client/convert/config.js';
import type { ConfigVersion } from '../../core/config-document.js';
import { visible } from '../../core/visible.js';
import type { Column } from './table.js';

export const CONFIG_COLUMNS: readonly Column<Config>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'VERSION', of: ({ version }) => String(version) },
  { title: 'ENABLED', of: ({ enabled }) => (enabled ? 'yes' : 'no') },
  { title: 'UPDATED', of: ({ updatedAtMs }) => new Date(updatedAtMs).toISOString() },
  { title: 'ETAG', of: ({ etag }) => etag },
];

export const VERSION_COLUMNS: readonly Column<ConfigVersion>[] = [
  { title: 'VERSION', of: ({ version }) => String(version) },
  { title: 'REVISION', of: ({ revision }) => String(revision) },
];

export function configEventLine(event: ConfigChange): string {
  const words = [String(event.revision), event.kind];
  if (event.kind === 'PUT') {
    const { name, version, enabled, document } = event.config;
    words.push(name, `version=${version}`, enabled ? 'enabled' : 'disabled', document);
  } else if (event.kind === 'DELETED') words.push(event.name);
  return visible(words.join('  '));
}
