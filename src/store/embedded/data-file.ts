import { accessSync, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../core/errors.js';

export const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';

/** Where LMDB's meta page, `MDB_meta` of mdb.c, has what is looked at here. */
const META_BYTES = 160;
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_BYTES_AT = 48;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;

const MAGIC = 0xbeefc0de;
const VERSION = 2;
const MIN_PAGE_BYTES = 512;
const MAX_PAGE_BYTES = 65_536;

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/**
 * Looks at the files before LMDB does: lmdb 3.5 ends the whole process, without a word, if it can't open them,
 * and reading a page of the map that the file does not have ends it too.
 * @throws Fault DATA_LOSS if they are no LMDB database, or the end is missing.
 * @throws Fault FAILED_PRECONDITION if this user may not read and write them.
 */
export function checkDataFile(folder: string): void {
  const path = join(folder, DATA_FILE);
  checkFolderAccess(folder);
  // Nothing, or nothing in it: LMDB begins a new one.
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const first = readMeta(file, 0);
    const second = first && readMeta(file, first.pageBytes);
    if (first === undefined || second?.pageBytes !== first.pageBytes) {
      throw damaged(path, 'it is not a database of this version');
    }
    // LMDB writes the two in turn; the later one counts.
    const { lastPage, pageBytes } = first.transaction > second.transaction ? first : second;
    if (BigInt(size) < (lastPage + 1n) * BigInt(pageBytes)) {
      throw damaged(path, 'its end is missing');
    }
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(file, bytes, 0, META_BYTES, position) < META_BYTES) return undefined;
  if (bytes.readUInt32LE(MAGIC_AT) !== MAGIC || bytes.readUInt32LE(VERSION_AT) !== VERSION) {
    return undefined;
  }
  const pageBytes = bytes.readUInt32LE(PAGE_BYTES_AT);
  if (pageBytes < MIN_PAGE_BYTES || pageBytes > MAX_PAGE_BYTES) return undefined;
  return {
    pageBytes,
    lastPage: bytes.readBigUInt64LE(LAST_PAGE_AT),
    transaction: bytes.readBigUInt64LE(TRANSACTION_AT),
  };
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

function damaged(path: string, how: string): Fault {
  return new Fault('DATA_LOSS', `${path} is corrupt: ${how}; restore the folder from a copy`, {
    reason: 'CORRUPT_FILE',
  });
}
