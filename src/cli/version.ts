import { readFileSync } from 'node:fs';

/** The version in our package.json, which is above this file at different heights, built or not. */
export function readVersion(): string {
  let folder = new URL('.', import.meta.url);
  for (;;) {
    const version = versionIn(new URL('package.json', folder));
    if (version !== undefined) return version;
    const parent = new URL('..', folder);
    if (parent.href === folder.href) throw new Error('package.json of shared-lock is missing');
    folder = parent;
  }
}

function versionIn(file: URL): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No package.json at this height.
    return undefined;
  }
  const manifest: unknown = JSON.parse(text);
  if (typeof manifest !== 'object' || manifest === null) return undefined;
  if (!('name' in manifest) || manifest.name !== '@shared-lock/shared-lock') return undefined;
  return 'version' in manifest && typeof manifest.version === 'string'
    ? manifest.version
    : undefined;
}
