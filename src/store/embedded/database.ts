import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { Fault } from '../../core/errors.js';
import { checkDataFile, DATA_FILE } from './data-file.js';
import { checkFirstSpace } from './first-files.js';

/** One record to write, or, without one, a row to remove. */
export interface RowWrite {
  readonly table: Table;
  readonly row: number;
  readonly record: Buffer | undefined;
}

export type Table = 'entry' | 'lease' | 'head';

/** Is told of commits. */
export interface Follower {
  /** One is done, and on disk. */
  committed(writes: readonly RowWrite[]): void;
  /** One failed: what of it is on disk is not known. */
  failed(error: unknown): void;
}

export const TABLE_NAMES: Readonly<Record<Table, string>> = {
  entry: 'entries',
  lease: 'leases',
  head: 'head',
};

/**
 * The LMDB environment: three tables of binary records by row number. LMDB's keys are limited to about 2 kB,
 * ours are not, so they are in the records.
 */
export class RowDatabase {
  readonly path: string;
  readonly #root: RootDatabase<Buffer, number>;
  readonly #tables: Readonly<Record<Table, Database<Buffer, number>>>;
  readonly #followers = new Set<Follower>();
  #isCommitting = false;

  /** @throws Fault DATA_LOSS, FAILED_PRECONDITION or RESOURCE_EXHAUSTED if the files are not fit for LMDB. */
  constructor(folder: string) {
    this.path = join(folder, DATA_FILE);
    checkDataFile(folder, new Set(Object.values(TABLE_NAMES)));
    checkFirstSpace(folder);
    try {
      this.#root = openRoot(folder);
      const table = (name: string): Database<Buffer, number> =>
        this.#root.openDB({ name, encoding: 'binary', cache: false });
      this.#tables = {
        entry: table(TABLE_NAMES.entry),
        lease: table(TABLE_NAMES.lease),
        head: table(TABLE_NAMES.head),
      };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Fault('DATA_LOSS', `${this.path} can't be opened: ${reason}`, {}, error);
    }
  }

  get(table: Table, row: number): Buffer | undefined {
    return this.#tables[table].get(row);
  }

  rows(table: Table): Iterable<{ key: number; value: Buffer }> {
    return this.#tables[table].getRange();
  }

  /** The rows from `first` on, as of now; no more than so many, and none after so many bytes. */
  someRows(
    table: Table,
    first: number,
    limit: { readonly rows: number; readonly bytes: number },
  ): RowWrite[] {
    const found: RowWrite[] = [];
    let bytes = 0;
    for (const { key, value } of this.#tables[table].getRange({
      start: first,
      limit: limit.rows,
    })) {
      found.push({ table, row: key, record: value });
      bytes += value.length;
      if (bytes >= limit.bytes) break;
    }
    return found;
  }

  /** Between the call of `commit` and what followers are told of it: what is read then may have it, or not. */
  get isCommitting(): boolean {
    return this.#isCommitting;
  }

  /** From now on. @returns what ends it. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Runs `section` while no other process can do the same or write. */
  exclusively<T>(section: () => T): T {
    return this.#root.transactionSync(section);
  }

  /** Writes all or nothing; resolves once it is on disk. */
  async commit(writes: readonly RowWrite[]): Promise<void> {
    this.#isCommitting = true;
    try {
      await this.#commit(writes);
      this.#isCommitting = false;
      for (const follower of this.#followers) follower.committed(writes);
    } catch (error) {
      this.#isCommitting = false;
      for (const follower of this.#followers) follower.failed(error);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  async #commit(writes: readonly RowWrite[]): Promise<void> {
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
