import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.js';
import { Fault, isFault } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Change, Journal, Snapshot } from '../memory/journal.js';
import type { Entry, Revision } from '../store.js';
import type { RowDatabase, RowWrite, Table } from './database.js';
import { farAhead } from './far-ahead.js';
import { headWrite, inFolder, readHead } from './head.js';
import { decodeEntry, decodeLease, encodeEntry, encodeLease, FORMAT, type Head } from './record.js';
import { MARK_FILE, RevisionMark, type Mark } from './revision-mark.js';
import { Rows } from './rows.js';
import { Room } from './room.js';

/** Revisions reserved at a time: one write of the mark to disk for so many. */
const RESERVE = 10_000;

export interface LmdbJournalOptions {
  readonly folder: string;
  readonly database: RowDatabase;
  readonly clock: Clock;
  readonly log: (message: string) => void;
}

/**
 * The journal in LMDB, and beside it the mark of revisions.
 *
 * No revision is given out twice. The mark reserves revisions ahead, and after anything but a clean stop the
 * revision goes on behind those reserved. It also notes each revision that the data have reached: data behind that,
 * a restored copy, are refused. Somebody who wants to go on with an older copy deletes the mark: then the revision
 * jumps far ahead, and tokens still grow. A copy of the whole folder, mark included, can't be told from the folder
 * itself.
 */
export class LmdbJournal implements Journal {
  readonly #folder: string;
  readonly #database: RowDatabase;
  readonly #log: (message: string) => void;
  readonly #room: Room;
  readonly #instance: string;
  readonly #mark: RevisionMark;
  /** What the store knows as its revision. */
  #revision: Revision;
  /** Of the data in LMDB. Behind `#revision` between a start after a crash and the first write. */
  #dataRevision: Revision;
  #failed = false;
  readonly #entries = new Rows<string>('entry');
  readonly #leases = new Rows<LeaseId>('lease');

  private constructor(options: LmdbJournalOptions, mark: RevisionMark, head: Head) {
    this.#folder = options.folder;
    this.#database = options.database;
    this.#log = options.log;
    this.#room = new Room(options.database.path);
    this.#mark = mark;
    this.#instance = head.instance;
    this.#dataRevision = head.revision;
    this.#revision = Math.max(head.revision, mark.value.reserved);
  }

  /** @throws Fault FAILED_PRECONDITION or DATA_LOSS if the folder can't be trusted; the message says what to do. */
  static async open(options: LmdbJournalOptions): Promise<LmdbJournal> {
    const { folder, database, clock, log } = options;
    const head = readHead(database, folder);
    const mark = await RevisionMark.read(folder, clock);
    if (head === undefined) {
      if (mark !== undefined) throw olderCopy(folder, 0, mark.value);
      return LmdbJournal.#begin(options);
    }
    const { instance, revision } = head;
    if (mark === undefined) {
      const isNew = revision === 1 && head.entries + head.leases === 0;
      const reserved = isNew ? 1 : farAhead(revision, clock.wall());
      if (!isNew) log(`${join(folder, MARK_FILE)} is missing: revisions go on at ${reserved}`);
      const revisions = { atLeast: revision, reserved };
      const made = RevisionMark.none(folder, clock, { instance, ...revisions });
      await made.write(revisions);
      return new LmdbJournal(options, made, head);
    }
    if (mark.value.instance !== instance || revision < mark.value.atLeast) {
      throw olderCopy(folder, revision, mark.value);
    }
    return new LmdbJournal(options, mark, head);
  }

  /** Data first, then the mark: a mark without data is that of data that are gone. */
  static async #begin(options: LmdbJournalOptions): Promise<LmdbJournal> {
    const instance = randomUUID();
    const head = { format: FORMAT, instance, revision: 1, entries: 0, leases: 0 };
    const revisions = { atLeast: 1, reserved: 1 };
    const mark = RevisionMark.none(options.folder, options.clock, { instance, ...revisions });
    const journal = new LmdbJournal(options, mark, head);
    await journal.append([], 1, false);
    await mark.write(revisions);
    return journal;
  }

  load(): Snapshot {
    const head = readHead(this.#database, this.#folder);
    const entries = this.#read('entry', this.#entries, (row, record) => {
      const entry = decodeEntry({ kind: 'entry', row }, record);
      return [entry.key, entry];
    });
    const leases = this.#read('lease', this.#leases, (row, record) => {
      const lease = decodeLease({ kind: 'lease', row }, record);
      return [lease.id, lease];
    });
    if (head === undefined || !this.#isWhole(head)) {
      throw new Fault(
        'DATA_LOSS',
        `${this.#database.path} is corrupt: records are missing, or are not the latest; ` +
          `restore the folder from a copy (without ${MARK_FILE})`,
        { reason: 'CORRUPT_FILE' },
      );
    }
    // A failed write that LMDB kept nevertheless would show here.
    const written = head.revision > this.#dataRevision;
    return { revision: written ? head.revision : this.#revision, entries, leases };
  }

  async append(changes: readonly Change[], revision: Revision, frees: boolean): Promise<void> {
    try {
      const writes = this.#writesOf(changes, revision);
      await this.#room.ensure(writes, frees);
      await this.#reserve(revision, frees);
      await this.#database.commit(writes);
      this.#revision = revision;
      this.#dataRevision = revision;
      await this.#mark.note(revision);
    } catch (error) {
      if (!(error instanceof Fault)) this.#failed = true;
      throw error;
    }
  }

  /** After a clean stop the mark says exactly where the data ended, and nothing is skipped at the next start. */
  async close(): Promise<void> {
    if (!this.#failed) {
      try {
        await this.#mark.write({ atLeast: this.#dataRevision, reserved: this.#revision });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log(`${join(this.#folder, MARK_FILE)} keeps its old state: ${reason}`);
      }
    }
    await this.#mark.close();
    this.#room.close();
    await this.#database.close();
  }

  async #reserve(revision: Revision, frees: boolean): Promise<void> {
    if (revision <= this.#mark.value.reserved) return;
    try {
      await this.#mark.write({ atLeast: this.#dataRevision, reserved: revision + RESERVE });
    } catch (error) {
      // What frees gives out no token, so that it does no harm if its revision comes a second time.
      if (!frees || !isFault(error, 'RESOURCE_EXHAUSTED')) throw error;
    }
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
    const writes = [
      ...Array.from(entries, ([key, entry]) =>
        entry === undefined
          ? this.#entries.remove(key)
          : this.#entries.put(key, (row) => encodeEntry({ kind: 'entry', row }, entry)),
      ),
      ...Array.from(leases, ([id, ttlSeconds]) =>
        ttlSeconds === undefined
          ? this.#leases.remove(id)
          : this.#leases.put(id, (row) => encodeLease({ kind: 'lease', row }, { id, ttlSeconds })),
      ),
      headWrite({ instance: this.#instance, revision, ...this.#summary() }),
    ];
    return writes.filter((write) => write !== undefined);
  }

  #summary(): Required<Pick<Head, 'entries' | 'leases' | 'sum'>> {
    return {
      entries: this.#entries.size,
      leases: this.#leases.size,
      sum: this.#entries.sum ^ this.#leases.sum,
    };
  }

  #isWhole(head: Head): boolean {
    const { entries, leases, sum } = this.#summary();
    return head.entries === entries && head.leases === leases && (head.sum ?? sum) === sum;
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
      rows.restore(key, row, value);
      found.push(item);
    }
    return found;
  }
}

function olderCopy(folder: string, revision: Revision, mark: Mark): Fault {
  return new Fault(
    'FAILED_PRECONDITION',
    `the data in ${folder} are at revision ${revision}, but have been at ${mark.atLeast} or are not those ` +
      `that ${MARK_FILE} belongs to: an older copy was put there, or the disk lost what it had confirmed. Put ` +
      `the latest back; or, to go on with this copy, delete ${MARK_FILE}: fencing tokens then go on far above ` +
      `all earlier ones`,
    { reason: 'OLDER_COPY' },
  );
}
