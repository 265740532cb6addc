import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILES = [
  'sharedlock/v1/access.proto',
  'sharedlock/v1/call.proto',
  'sharedlock/v1/config.proto',
  'sharedlock/v1/counter.proto',
  'sharedlock/v1/election.proto',
  'sharedlock/v1/lease.proto',
  'sharedlock/v1/lock.proto',
  'sharedlock/v1/message.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
];

/** The folders of our .proto files and of Google's, which travel with protobufjs. */
export function protoFolders(): string[] {
  const require = createRequire(import.meta.url);
  return [join(packageRoot(), 'proto'), dirname(require.resolve('protobufjs/package.json'))];
}

/** The .proto files of our services, to be looked up in `protoFolders`. */
export function protoFiles(): string[] {
  return FILES.map((file) => join(packageRoot(), 'proto', file));
}

/** The nearest folder above this file that has the .proto files: it is the same from src/ and from dist/. */
function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'proto', 'sharedlock'))) return folder;
    if (folder === dirname(folder)) {
      throw new Error('the folder proto/ is missing: the installation is damaged, install again');
    }
  }
}
