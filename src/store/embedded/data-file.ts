import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../core/errors.js';
import { checkPages } from './page-check.js';
import { Pages } from './pages.js';

export const DATA_FILE = 'data.mdb';
export const LOCK_FILE = 'lock.mdb';

/**
 * Looks at the files before LMDB does: lmdb 3.5 ends the whole process, without a word, if it can't open them, and
 * on much of what it does not expect in them.
 * @param tables the names of those that the database may have.
 * @throws Fault DATA_LOSS if they are no LMDB database, or damaged.
 * @throws Fault FAILED_PRECONDITION if this user may not read and write them.
 */
export function checkDataFile(folder: string, tables: ReadonlySet<string>): void {
  const path = join(folder, DATA_FILE);
  checkFolderAccess(folder);
  // Nothing, or nothing in it: LMDB begins a new one.
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  Pages.of(path, (pages) => {
    checkPages(pages, tables);
  });
}

/** @throws Fault FAILED_PRECONDITION if this user may not read and write the folder and LMDB's files in it. */
export function checkFolderAccess(folder: string): void {
  let path = folder;
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    for (path of [DATA_FILE, LOCK_FILE].map((name) => join(folder, name))) {
      if (statSync(path, { throwIfNoEntry: false }) === undefined) continue;
      accessSync(path, constants.R_OK | constants.W_OK);
    }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Fault(
      'FAILED_PRECONDITION',
      `${path} must be readable and writable for this user (${reason})`,
      { reason: 'FOLDER_ACCESS' },
      error,
    );
  }
}
