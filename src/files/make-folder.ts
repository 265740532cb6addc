import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A folder can't be made, or something else has its name. `code` is the system's: EACCES, ENOTDIR, … */
export class FolderError extends Error {
  override readonly name = 'FolderError';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * Makes a folder, and those above it that are missing. Node's `recursive` would do the same, but tries for ever
 * where a file system says ENOENT although the folder above is there, as /proc does.
 * @param mode of the folders that are made; default 0o777. The umask takes from it.
 * @throws FolderError whose message is one line and names the folder.
 */
export function makeFolder(path: string, mode?: number): void {
  const missing: string[] = [];
  for (let at = resolve(path); !isFolder(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) make(folder, mode);
}

function make(folder: string, mode: number | undefined): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    const code = codeOf(error);
    // Somebody else was faster.
    if (code === 'EEXIST' && isFolder(folder)) return;
    // The name is there, and leads to nothing.
    const why = code === 'EEXIST' ? 'it is a symbolic link to nothing' : code;
    throw new FolderError(code, `the folder ${folder} can't be made: ${why}`, error);
  }
}

/** @throws FolderError if something else has that name, or nobody may look. */
function isFolder(path: string): boolean {
  let stat;
  try {
    stat = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const code = codeOf(error);
    // A file stands for one of the folders above, and is met there.
    if (code === 'ENOTDIR') return false;
    throw new FolderError(code, `the folder ${path} can't be looked at: ${code}`, error);
  }
  if (stat === undefined) return false;
  if (stat.isDirectory()) return true;
  throw new FolderError('ENOTDIR', `${path} is a file, not a folder`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
}
