import { randomUUID } from 'node:crypto';
import { renameSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Clock } from '../../clock/clock.js';
import { Fault, isFault } from '../../core/errors.js';
import { makeFolder } from '../../files/make-folder.js';
import type { Revision } from '../store.js';
import type { Backup } from './backup-lines.js';
import { checkFolderAccess, DATA_FILE, LOCK_FILE } from './data-file.js';
import type { RowDatabase, RowWrite, Table } from './database.js';
import { openDatabase } from './embedded-store.js';
import { farAhead } from './far-ahead.js';
import { headWrite, readHead } from './head.js';
import { refuseIfOwned, takeOwnership } from './owner.js';
import { RevisionMark } from './revision-mark.js';
import { Room } from './room.js';

export interface RestoreOptions {
  readonly folder: string;
  /** Number of this process, told to others that want the folder meanwhile. */
  readonly pid: number;
  readonly clock: Clock;
  /** Whether data that are there may go. */
  readonly replace: boolean;
}

export interface Restored {
  /** Above all that were given out before. */
  readonly revision: Revision;
  /** Nobody knows which were given out: `revision.high` was missing, or damaged. */
  readonly isFarAhead: boolean;
  /** Where the data lie now that could not be opened. */
  readonly movedTo?: string;
}

/**
 * Puts what a backup holds in the place of what a folder holds: in one transaction, so that an end in the midst of it
 * leaves what there was. It counts as a write of now: its revision is above the mark of the folder, and if that is lost,
 * far above.
 * @throws FolderError if the folder can't be made.
 * @throws Fault FAILED_PRECONDITION if a running process owns it, this user may not write it, or it has data (HAS_DATA).
 * @throws Fault RESOURCE_EXHAUSTED if there is no space for both.
 */
export async function restore(backup: Backup, options: RestoreOptions): Promise<Restored> {
  const folder = resolve(options.folder);
  makeFolder(folder, 0o700);
  checkFolderAccess(folder);
  await refuseIfOwned(folder);
  const { database, movedTo } = await openOrMove(folder, options);
  try {
    const section = (section: () => boolean): boolean => database.exclusively(section);
    const ownership = await takeOwnership(folder, options.pid, section);
    try {
      const restored = await replaceAll(backup, database, folder, options);
      return movedTo === undefined ? restored : { ...restored, movedTo };
    } finally {
      await ownership.release();
    }
  } finally {
    await database.close();
  }
}

/** Damaged pages may be why there is a restore: their file is kept, under another name. */
async function openOrMove(
  folder: string,
  { replace, clock }: RestoreOptions,
): Promise<{ readonly database: RowDatabase; readonly movedTo?: string }> {
  try {
    return { database: await openDatabase(folder) };
  } catch (error) {
    if (!isFault(error, 'DATA_LOSS')) throw error;
    if (!replace) throw hasData(folder, 'that can not be opened');
    const data = join(folder, DATA_FILE);
    const movedTo = `${data}.damaged-${clock.wall()}`;
    renameSync(data, movedTo);
    const lock = join(folder, LOCK_FILE);
    if (statSync(lock, { throwIfNoEntry: false }) !== undefined)
      renameSync(lock, `${movedTo}.lock`);
    return { database: await openDatabase(folder), movedTo };
  }
}

async function replaceAll(
  { head, rows }: Backup,
  database: RowDatabase,
  folder: string,
  { clock, replace }: RestoreOptions,
): Promise<Restored> {
  const present = headOf(database, folder);
  if (!replace && present.holds) throw hasData(folder, `at revision ${present.revision}`);
  const mark = await RevisionMark.read(folder, clock).catch((error: unknown) => {
    if (isFault(error, 'DATA_LOSS')) return undefined;
    throw error;
  });
  const least = Math.max(head.revision, present.revision, mark?.value.reserved ?? 0);
  const revision = mark === undefined ? farAhead(least, clock.wall()) : least + 1;
  const { entries, leases, sum } = head;
  const summary = { entries, leases, ...(sum === undefined ? {} : { sum }) };
  const room = new Room(database.path);
  const made = { instance: randomUUID(), atLeast: revision, reserved: revision };
  const after = mark ?? RevisionMark.none(folder, clock, made);
  const { instance } = after.value;
  try {
    const writes = [
      ...leftOvers(database, rows),
      ...rows,
      headWrite({ instance, revision, ...summary }),
    ];
    await room.ensure(writes, false);
    // Reserved first: no daemon gives it out if this ends before the last line. Without a mark a daemon jumps by itself.
    await mark?.write({ atLeast: mark.value.atLeast, reserved: revision });
    await database.commit(writes);
    await after.write({ atLeast: revision, reserved: revision });
  } finally {
    room.close();
    await after.close();
  }
  return { revision, isFarAhead: mark === undefined };
}

/** Rows that the backup has not. */
function leftOvers(database: RowDatabase, rows: readonly RowWrite[]): RowWrite[] {
  const kept = new Set(rows.map(({ table, row }) => `${table} ${row}`));
  return (['entry', 'lease'] as const).flatMap((table: Table) =>
    Array.from(database.rows(table), ({ key: row }) => ({ table, row, record: undefined })).filter(
      ({ row }) => !kept.has(`${table} ${row}`),
    ),
  );
}

/** As far as it can be read: it goes. */
function headOf(
  database: RowDatabase,
  folder: string,
): { readonly revision: Revision; readonly holds: boolean } {
  try {
    const head = readHead(database, folder);
    if (head === undefined) return { revision: 0, holds: false };
    return { revision: head.revision, holds: head.revision > 1 };
  } catch (error) {
    if (isFault(error, 'DATA_LOSS')) return { revision: 0, holds: true };
    throw error;
  }
}

function hasData(folder: string, which: string): Fault {
  return new Fault(
    'FAILED_PRECONDITION',
    `${folder} holds data ${which}: give --replace to put the backup in their place, or another folder`,
    { reason: 'HAS_DATA' },
  );
}
