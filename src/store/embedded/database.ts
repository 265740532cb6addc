import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { Fault } from '../../core/errors.js';
import { checkDataFile, DATA_FILE } from './data-file.js';

/** One record to write, or, without one, a row to remove. */
export interface RowWrite {
  readonly table: Table;
  readonly row: number;
  readonly record: Buffer | undefined;
}

export type Table = 'entry' | 'lease' | 'head';

/** Pages for what is not counted: LMDB's own trees of tables and of free pages, and splits. */
const SPARE_PAGES = 64;

/** Pages freed by the last commits can't be used yet. */
const COMMITS_UNTIL_FREE = 3;

/**
 * The LMDB environment: three tables of binary records by row number. LMDB's keys are limited to about 2 kB,
 * ours are not, so they are in the records.
 */
export class RowDatabase {
  readonly path: string;
  readonly #root: RootDatabase<Buffer, number>;
  readonly #tables: Readonly<Record<Table, Database<Buffer, number>>>;
  #freeCounts: number[] = [];

  /** @throws Fault DATA_LOSS or FAILED_PRECONDITION if the files are not fit for LMDB. */
  constructor(folder: string) {
    this.path = join(folder, DATA_FILE);
    checkDataFile(folder);
    try {
      this.#root = openRoot(folder);
      const table = (name: string): Database<Buffer, number> =>
        this.#root.openDB({ name, encoding: 'binary', cache: false });
      this.#tables = { entry: table('entries'), lease: table('leases'), head: table('head') };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Fault('DATA_LOSS', `${this.path} can't be opened: ${reason}`, {}, error);
    }
  }

  get usedBytes(): number {
    const pages = this.#pages();
    return (pages.last + 1) * pages.sizeBytes;
  }

  /** How long the file may be after a commit of `writes`, at most. To be asked once before each commit. */
  bytesAfter(writes: readonly RowWrite[]): number {
    const { last, sizeBytes } = this.#pages();
    const stats = Object.values(this.#tables).map(statsOf);
    const sum = (count: (each: Stats) => number): number =>
      stats.reduce((total, each) => total + count(each), 0);
    const leaves = sum((each) => each.treeLeafPageCount);
    const branches = sum((each) => each.treeBranchPageCount);
    const overflow = sum((each) => each.overflowPages);
    // LMDB writes a copy of each page that it changes; a large record has pages of its own, side by side.
    let small = Math.min(writes.length, leaves) + branches + SPARE_PAGES;
    let large = 0;
    let smallBytes = 0;
    for (const { record } of writes) {
      if (record === undefined) continue;
      if (record.length > sizeBytes / 4) large += Math.ceil((record.length + 32) / sizeBytes);
      else smallBytes += record.length + 32;
    }
    small += Math.ceil((smallBytes * 3) / sizeBytes);
    const free = this.#freePages(last + 1 - leaves - branches - overflow - SPARE_PAGES);
    return (last + 1 + Math.max(0, small - free) + large) * sizeBytes;
  }

  /** How many free pages are surely there for the next commit, if now there are `count` in all. */
  #freePages(count: number): number {
    this.#freeCounts.push(Math.max(0, count));
    if (this.#freeCounts.length > COMMITS_UNTIL_FREE) this.#freeCounts.shift();
    if (this.#freeCounts.length < COMMITS_UNTIL_FREE) return 0;
    return Math.floor(Math.min(...this.#freeCounts) / 2);
  }

  get(table: Table, row: number): Buffer | undefined {
    return this.#tables[table].get(row);
  }

  rows(table: Table): Iterable<{ key: number; value: Buffer }> {
    return this.#tables[table].getRange();
  }

  /** Runs `section` while no other process can do the same or write. */
  exclusively<T>(section: () => T): T {
    return this.#root.transactionSync(section);
  }

  /** Writes all or nothing; resolves once it is on disk. */
  async commit(writes: readonly RowWrite[]): Promise<void> {
    const pending: Promise<boolean>[] = [];
    pending.push(
      this.#root.batch(() => {
        for (const { table, row, record } of writes) {
          const rows = this.#tables[table];
          pending.push(record === undefined ? rows.remove(row) : rows.put(row, record));
        }
      }),
    );
    const results = await Promise.allSettled(pending);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    throw await causeOf(failed.reason);
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #pages(): { readonly last: number; readonly sizeBytes: number } {
    const stats = statsOf(this.#root);
    return { last: stats.lastPageNumber, sizeBytes: stats.pageSize };
  }
}

function openRoot(folder: string): RootDatabase<Buffer, number> {
  const options = {
    path: folder,
    // By default a folder with a dot in its name is taken for a file.
    noSubdir: false,
    encoding: 'binary' as const,
    maxDbs: 4,
    // Not in lmdb's types; its source reads it.
    permissionsMode: 0o600,
    // The disk first, then the acknowledgement.
    overlappingSync: false,
    // Our batches are the transactions. With it, lmdb makes a promise of its own that nobody can catch.
    eventTurnBatching: false,
  };
  return open<Buffer, number>(options);
}

interface Stats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly treeLeafPageCount: number;
  readonly treeBranchPageCount: number;
  readonly overflowPages: number;
}

function statsOf(database: Database<Buffer, number>): Stats {
  // lmdb's types say `{}`; the fields are those of mdb_stat and mdb_envinfo.
  return database.getStats() as Stats;
}

/** lmdb rejects with an error whose `commitError` is a promise that rejects with the reason. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}
