import { statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { Fault, isFault } from '../../core/errors.js';
import { writeBackupFile } from './backup-file.js';
import type { Backup } from './backup-lines.js';
import { connectForBackup } from './backup-socket.js';
import { checkFolderAccess, DATA_FILE } from './data-file.js';
import { openDatabase } from './embedded-store.js';
import { HotCopy } from './hot-copy.js';
import { refuseIfOwned, takeOwnership } from './owner.js';
import { sinkOf } from './sink.js';

/**
 * Makes a backup of a folder's data: of those of the process that owns it, or, if there is none, of what is there.
 * @param pid number of this process, told to others that want the folder meanwhile.
 * @throws Fault NOT_FOUND if there are no data; UNAVAILABLE if the owner did not give the whole; DATA_LOSS if the data are damaged;
 * FAILED_PRECONDITION if this user may not read the folder, or another process owns it that gives none. The system's errors.
 */
export async function takeBackup(folder: string, file: string, pid: number): Promise<Backup> {
  const absolute = resolve(folder);
  if (statSync(join(absolute, DATA_FILE), { throwIfNoEntry: false }) === undefined) {
    throw new Fault('NOT_FOUND', `there are no data in ${absolute}`);
  }
  try {
    return await writeBackupFile(file, (handle) => copy(absolute, handle, pid));
  } catch (error) {
    if (!isFault(error) || error.details.reason !== 'CUT_OFF') throw error;
    throw new Fault('UNAVAILABLE', `${error.message}; nothing was kept of it`, {}, error);
  }
}

async function copy(folder: string, handle: FileHandle, pid: number): Promise<void> {
  const socket = await connectForBackup(folder);
  if (socket === undefined) await copyStopped(folder, handle, pid);
  else await writeAll(handle, socket);
}

async function writeAll(handle: FileHandle, lines: Readable): Promise<void> {
  // All of a piece, behind the one before.
  for await (const piece of lines as AsyncIterable<Buffer>) await handle.writeFile(piece);
}

/** Owns the folder meanwhile, and changes nothing. */
async function copyStopped(folder: string, handle: FileHandle, pid: number): Promise<void> {
  checkFolderAccess(folder);
  await refuseIfOwned(folder);
  const database = await openDatabase(folder);
  try {
    const section = (section: () => boolean): boolean => database.exclusively(section);
    const ownership = await takeOwnership(folder, pid, section);
    try {
      const lines = new PassThrough();
      const written = writeAll(handle, lines);
      const copied = new HotCopy(database, sinkOf(lines)).run().then(
        () => lines.end(),
        // So that `written` fails with it, if it has not failed by itself.
        (error: unknown) => lines.destroy(error as Error),
      );
      await Promise.all([written, copied]);
    } finally {
      await ownership.release();
    }
  } finally {
    await database.close();
  }
}
