import { randomBytes } from 'node:crypto';
import { createReadStream, lstatSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readBackup, type Backup } from './backup-lines.js';

/**
 * Reads a backup from a file.
 * @throws Fault as `readBackup`; the system's errors.
 */
export function readBackupFile(file: string): Promise<Backup> {
  return readBackup(file, linesOf(file));
}

/**
 * Makes a file of a backup, for this user only (0600), all or nothing: what is written is a file beside it, which takes its name once it is
 * whole and on disk. A kill leaves that one, and the file as it was.
 * @param fill writes the backup.
 * @throws Fault as `readBackup`, for what was written; the system's errors.
 */
export async function writeBackupFile(
  file: string,
  fill: (handle: FileHandle) => Promise<void>,
): Promise<Backup> {
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) {
    throw Object.assign(new Error(`${file} is there, and is no file`), { code: 'EEXIST' });
  }
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.unfinished`;
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    try {
      await fill(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const backup = await readBackup('what was read', linesOf(unfinished));
    await rename(unfinished, file);
    await syncFolder(dirname(file));
    return backup;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Only at line feeds: `readline` also parts lines at U+2028, which may be in a record. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let begun: string[] = [];
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    const [first = '', ...others] = chunk.split('\n');
    begun.push(first);
    for (const other of others) {
      yield begun.join('');
      begun = [other];
    }
  }
  const rest = begun.join('');
  if (rest !== '') yield rest;
}
