import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `sun_path` has 108 bytes on Linux, 104 elsewhere, with a zero at the end. */
const MAX_PATH_BYTES = 103;

/**
 * Calls `use` with a path of the file that is short enough for a socket's address: if need be, through a
 * symbolic link to the folder in a new private folder under the system's temporary one.
 */
export async function withShortPath<T>(
  folder: string,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const direct = join(folder, name);
  if (Buffer.byteLength(direct) <= MAX_PATH_BYTES) return use(direct);
  const detour = await mkdtemp(join(tmpdir(), 'shared-lock-'));
  try {
    await symlink(folder, join(detour, 'f'));
    return await use(join(detour, 'f', name));
  } finally {
    await rm(detour, { recursive: true });
  }
}
