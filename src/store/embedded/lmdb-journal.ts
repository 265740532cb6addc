import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Fault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Change, Journal, Snapshot } from '../memory/journal.js';
import type { Entry, Revision } from '../store.js';
import type { RowDatabase, RowWrite, Table } from './database.js';
import {
  decodeEntry,
  decodeHead,
  decodeLease,
  encodeEntry,
  encodeHead,
  encodeLease,
  FORMAT,
  type Head,
} from './record.js';
import { MARK_FILE, readMark, writeMark, type Mark } from './revision-mark.js';
import { isFull, noSpace, Space } from './space.js';

/** Revisions reserved at a time: one write of the mark for so many. */
const RESERVE = 10_000;

/** How far the revision jumps when the mark is missing: more than any store writes in its life. */
const JUMP = 2 ** 40;

const HEAD_ROW = 0;

/** Space that puts leave free, so that on a full disk keys can still be deleted and leases ended. */
const DELETION_RESERVE_BYTES = 1024 * 1024;

export interface LmdbJournalOptions {
  readonly folder: string;
  readonly database: RowDatabase;
  readonly log: (message: string) => void;
}

/**
 * The journal in LMDB, and beside it the mark of revisions.
 *
 * No revision is given out twice. The mark reserves revisions ahead, and after anything but a clean stop the
 * revision goes on behind those reserved. Data older than the mark, a restored copy, are refused. Somebody who
 * wants to go on with an older copy deletes the mark: then the revision jumps far ahead, and tokens still grow.
 * A copy of the whole folder, mark included, can't be told from the folder itself.
 */
export class LmdbJournal implements Journal {
  readonly #folder: string;
  readonly #database: RowDatabase;
  readonly #log: (message: string) => void;
  readonly #space: Space;
  #mark: Mark;
  /** What the store knows as its revision. */
  #revision: Revision;
  /** Of the data in LMDB. Behind `#revision` between a start after a crash and the first write. */
  #dataRevision: Revision;
  #failed = false;
  readonly #entryRows = new Rows<string>();
  readonly #leaseRows = new Rows<LeaseId>();

  private constructor(options: LmdbJournalOptions, mark: Mark, head: Head) {
    this.#folder = options.folder;
    this.#database = options.database;
    this.#log = options.log;
    this.#space = new Space(options.database.path);
    this.#mark = mark;
    this.#dataRevision = head.revision;
    this.#revision = Math.max(head.revision, mark.reserved);
  }

  /** @throws Fault FAILED_PRECONDITION or DATA_LOSS if the folder can't be trusted; the message says what to do. */
  static async open(options: LmdbJournalOptions): Promise<LmdbJournal> {
    const { folder, database, log } = options;
    const known = readHead(database, folder);
    const mark = await readMark(folder);
    if (known === undefined) {
      if (mark !== undefined) throw olderCopy(folder, 0, mark);
      const head = { format: FORMAT, instance: randomUUID(), revision: 1, entries: 0, leases: 0 };
      const fresh = { instance: head.instance, atLeast: 1, reserved: 1 };
      const journal = new LmdbJournal(options, fresh, head);
      await journal.append([], 1);
      await writeMark(folder, fresh);
      return journal;
    }
    if (mark === undefined) {
      const { instance, revision } = known;
      const isNew = revision === 1 && known.entries + known.leases === 0;
      const reserved = isNew ? 1 : revision + JUMP;
      if (!isNew) log(`${join(folder, MARK_FILE)} is missing: revisions go on at ${reserved}`);
      const made = { instance, atLeast: revision, reserved };
      await writeMark(folder, made);
      return new LmdbJournal(options, made, known);
    }
    if (mark.instance !== known.instance || known.revision < mark.atLeast) {
      throw olderCopy(folder, known.revision, mark);
    }
    return new LmdbJournal(options, mark, known);
  }

  load(): Snapshot {
    const head = readHead(this.#database, this.#folder);
    const entries = this.#read('entry', this.#entryRows, (row, record) => {
      const entry = decodeEntry({ kind: 'entry', row }, record);
      return [entry.key, entry];
    });
    const leases = this.#read('lease', this.#leaseRows, (row, record) => {
      const lease = decodeLease({ kind: 'lease', row }, record);
      return [lease.id, lease];
    });
    if (head?.entries !== entries.length || head.leases !== leases.length) {
      throw new Fault('DATA_LOSS', `${this.#database.path} is corrupt: records are missing`);
    }
    // A failed write that LMDB kept nevertheless would show here.
    const written = head.revision > this.#dataRevision;
    return { revision: written ? head.revision : this.#revision, entries, leases };
  }

  async append(changes: readonly Change[], revision: Revision): Promise<void> {
    try {
      const writes = this.#writesOf(changes, revision);
      const onlyFrees =
        changes.length > 0 && changes.every(({ kind }) => kind === 'delete' || kind === 'end');
      const neededBytes =
        this.#database.bytesAfter(writes) + (onlyFrees ? 0 : DELETION_RESERVE_BYTES);
      await this.#space.ensure(neededBytes, this.#database.usedBytes);
      await this.#reserve(revision);
      await this.#database.commit(writes);
      this.#revision = revision;
      this.#dataRevision = revision;
    } catch (error) {
      if (!(error instanceof Fault)) this.#failed = true;
      throw error;
    }
  }

  /** After a clean stop the mark says exactly where the data ended, and nothing is skipped at the next start. */
  async close(): Promise<void> {
    if (!this.#failed) {
      try {
        await this.#writeMark({ atLeast: this.#dataRevision, reserved: this.#revision });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log(`${join(this.#folder, MARK_FILE)} keeps its old state: ${reason}`);
      }
    }
    await this.#database.close();
  }

  async #reserve(revision: Revision): Promise<void> {
    if (revision <= this.#mark.reserved) return;
    await this.#writeMark({ atLeast: this.#dataRevision, reserved: revision + RESERVE });
  }

  async #writeMark(revisions: Omit<Mark, 'instance'>): Promise<void> {
    const mark = { instance: this.#mark.instance, ...revisions };
    try {
      await writeMark(this.#folder, mark);
    } catch (error) {
      throw isFull(error) ? noSpace(join(this.#folder, MARK_FILE), error) : error;
    }
    this.#mark = mark;
  }

  /** Only the last change of each key and of each lease matters. */
  #writesOf(changes: readonly Change[], revision: Revision): RowWrite[] {
    const entries = new Map<string, Entry | undefined>();
    const leases = new Map<LeaseId, number | undefined>();
    for (const change of changes) {
      if (change.kind === 'put') entries.set(change.entry.key, change.entry);
      else if (change.kind === 'delete') entries.set(change.key, undefined);
      else if (change.kind === 'grant') leases.set(change.lease, change.ttlSeconds);
      else leases.set(change.lease, undefined);
    }
    const writes: RowWrite[] = [];
    for (const [key, entry] of entries) {
      const row = this.#entryRows.change(key, entry !== undefined);
      if (row === undefined) continue;
      const record = entry && encodeEntry({ kind: 'entry', row }, entry);
      writes.push({ table: 'entry', row, record });
    }
    for (const [id, ttlSeconds] of leases) {
      const row = this.#leaseRows.change(id, ttlSeconds !== undefined);
      if (row === undefined) continue;
      const record =
        ttlSeconds === undefined
          ? undefined
          : encodeLease({ kind: 'lease', row }, { id, ttlSeconds });
      writes.push({ table: 'lease', row, record });
    }
    const head: Head = {
      format: FORMAT,
      instance: this.#mark.instance,
      revision,
      entries: this.#entryRows.size,
      leases: this.#leaseRows.size,
    };
    const record = encodeHead({ kind: 'head', row: HEAD_ROW }, head);
    writes.push({ table: 'head', row: HEAD_ROW, record });
    return writes;
  }

  #read<K, T>(
    table: Table,
    rows: Rows<K>,
    decode: (row: number, record: Buffer) => readonly [K, T],
  ): T[] {
    rows.clear();
    const found: T[] = [];
    for (const { key: row, value } of this.#database.rows(table)) {
      const [key, item] = inFolder(this.#folder, () => decode(row, value));
      rows.restore(key, row);
      found.push(item);
    }
    return found;
  }
}

/** Which row each thing is in. Rows are counted up and not used again. */
class Rows<K> {
  readonly #rows = new Map<K, number>();
  #next = 1;

  get size(): number {
    return this.#rows.size;
  }

  clear(): void {
    this.#rows.clear();
    this.#next = 1;
  }

  restore(key: K, row: number): void {
    this.#rows.set(key, row);
    this.#next = Math.max(this.#next, row + 1);
  }

  /** The row to write or to remove; undefined if there is none to remove. */
  change(key: K, exists: boolean): number | undefined {
    const known = this.#rows.get(key);
    if (!exists) {
      this.#rows.delete(key);
      return known;
    }
    if (known !== undefined) return known;
    const row = this.#next++;
    this.#rows.set(key, row);
    return row;
  }
}

/** @returns undefined if nothing was ever written. */
function readHead(database: RowDatabase, folder: string): Head | undefined {
  const record = database.get('head', HEAD_ROW);
  if (record === undefined) {
    for (const _ of database.rows('entry')) {
      throw new Fault('DATA_LOSS', `${database.path} is corrupt: its head is missing`);
    }
    return undefined;
  }
  const head = inFolder(folder, () => decodeHead({ kind: 'head', row: HEAD_ROW }, record));
  if (head.format !== FORMAT) {
    throw new Fault(
      'FAILED_PRECONDITION',
      `the data in ${folder} have format ${head.format}, which this version does not know: ` +
        `start the version that wrote them`,
      { reason: 'UNKNOWN_FORMAT' },
    );
  }
  return head;
}

/** Adds the folder to what a record says about itself. */
function inFolder<T>(folder: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(
      error.code,
      `${error.message} in ${folder}: restore the folder from a copy (without ${MARK_FILE})`,
      error.details,
    );
  }
}

function olderCopy(folder: string, revision: Revision, mark: Mark): Fault {
  return new Fault(
    'FAILED_PRECONDITION',
    `the data in ${folder} are at revision ${revision}, but have been at ${mark.atLeast} or are not those ` +
      `that ${MARK_FILE} belongs to: an older copy was put there. Put the latest back; or, to go on with ` +
      `this copy, delete ${MARK_FILE}: fencing tokens then go on far above all earlier ones`,
    { reason: 'OLDER_COPY' },
  );
}
