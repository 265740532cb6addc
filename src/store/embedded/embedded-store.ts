import { resolve } from 'node:path';
import type { Clock } from '../../clock/clock.js';
import { makeFolder } from '../../files/make-folder.js';
import type { DataLimit } from '../memory/data-limit.js';
import type { Journal } from '../memory/journal.js';
import { MemoryStore, type MemoryStoreOptions } from '../memory/memory-store.js';
import { BackupSocket } from './backup-socket.js';
import { checkFolderAccess } from './data-file.js';
import { RowDatabase } from './database.js';
import { LmdbJournal } from './lmdb-journal.js';
import { refuseIfOwned, takeOwnership, type Ownership } from './owner.js';

export interface EmbeddedStoreOptions {
  /** Where the data are; made, for this user only, if it is missing. One process at a time may own it. */
  readonly folder: string;
  /** Number of this process: another one that wants the folder is told it. Absent: it is told none. */
  readonly pid?: number;
  readonly clock: Clock;
  /** Lines for the operator. */
  readonly log?: (message: string) => void;
  /** Events kept for watches that begin in the past; those before a restart are gone. Default 10,000. */
  readonly historyEvents?: number;
  /** Writes that may wait for the disk at a time. Default 10,000. */
  readonly pendingWrites?: number;
  /** On the memory that the data take. Default: none. */
  readonly dataLimit?: DataLimit;
}

/**
 * The memory engine, made durable by LMDB: for one node. After a restart everything acknowledged is there, and
 * each lease has its full TTL again.
 */
export class EmbeddedStore extends MemoryStore {
  /**
   * Opens a folder and owns it until `close`.
   * @throws FolderError if it can't be made.
   * @throws Fault FAILED_PRECONDITION if this user may not write it, another process owns it, its format is unknown, or it holds an older copy.
   * @throws Fault DATA_LOSS if a page or a record is corrupt: the message names it.
   */
  static async open(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const folder = resolve(options.folder);
    makeFolder(folder, 0o700);
    checkFolderAccess(folder);
    // Before LMDB opens files that a running process has open.
    await refuseIfOwned(folder);
    const database = await openDatabase(folder);
    let ownership: Ownership | undefined;
    let backups: BackupSocket | undefined;
    try {
      ownership = await takeOwnership(folder, options.pid, (section) =>
        database.exclusively(section),
      );
      backups = await BackupSocket.open(folder, database);
      const log = options.log ?? (() => undefined);
      const journal = await LmdbJournal.open({ folder, database, clock: options.clock, log });
      return new EmbeddedStore(storeOptions(options, owned(journal, backups, ownership)));
    } catch (error) {
      await backups?.close();
      await database.close();
      await ownership?.release();
      throw error;
    }
  }
}

/** @throws Fault as `EmbeddedStore.open` does. */
export async function openDatabase(folder: string): Promise<RowDatabase> {
  try {
    return new RowDatabase(folder);
  } catch (error) {
    // Pages that another process changed while they were looked at are no damage.
    await refuseIfOwned(folder);
    throw error;
  }
}

function storeOptions(options: EmbeddedStoreOptions, journal: Journal): MemoryStoreOptions {
  const { clock, historyEvents, pendingWrites, dataLimit } = options;
  return {
    clock,
    journal,
    ...(historyEvents === undefined ? undefined : { historyEvents }),
    ...(pendingWrites === undefined ? undefined : { pendingWrites }),
    ...(dataLimit === undefined ? undefined : { dataLimit }),
  };
}

/** A journal that gives the folder free after it has closed. */
function owned(journal: LmdbJournal, backups: BackupSocket, ownership: Ownership): Journal {
  return {
    load: () => journal.load(),
    append: (changes, revision, frees) => journal.append(changes, revision, frees),
    close: async () => {
      try {
        await backups.close();
        await journal.close();
      } finally {
        await ownership.release();
      }
    },
  };
}
