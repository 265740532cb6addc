import { nextTurn } from '../../clock/next-turn.js';
import { Fault } from '../../core/errors.js';
import { FIRST_LINE, LAST_LINE, lineOf } from './backup-lines.js';
import type { Follower, RowDatabase, RowWrite, Table } from './database.js';
import type { Sink } from './sink.js';

/** Read in one turn of the loop: a few milliseconds. */
const A_TURN = { rows: 250, bytes: 512 * 1024 };

/** What was not taken yet may take so much memory. Beyond that the copy fails, since it could not keep up. */
const MAX_UNTAKEN_BYTES = 64 * 1024 * 1024;

/** Reading goes on when there is less. */
const ENOUGH_BYTES = 1024 * 1024;

/**
 * A copy of the data while commits go on: first all rows, in pieces, and in between, and afterwards, what each
 * commit writes. It ends between two commits; what is true then is in it, and nothing else.
 *
 * It is no transaction of LMDB: while one reads, LMDB can't use the pages again that commits free, on which what frees relies
 * (D34).
 */
export class HotCopy implements Follower {
  readonly #database: RowDatabase;
  readonly #sink: Sink;
  #isRead = false;
  #isOver = false;
  #end: (error?: Error) => void = () => undefined;

  constructor(database: RowDatabase, sink: Sink) {
    this.#database = database;
    this.#sink = sink;
  }

  /**
   * Resolves once all is written into the sink.
   * @throws Fault RESOURCE_EXHAUSTED if what takes it is too slow; what the sink or a commit fails with.
   */
  async run(): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
    const unfollow = this.#database.follow(this);
    try {
      this.#sink.write(`${FIRST_LINE}\n`);
      await Promise.race([this.#readAll(), ended]);
      this.#isRead = true;
      // Else the commit that is under way ends it: what was read may have it already.
      if (!this.#database.isCommitting) this.#end();
      await ended;
      this.#sink.write(`${LAST_LINE}\n`);
    } finally {
      this.#isOver = true;
      unfollow();
    }
  }

  committed(writes: readonly RowWrite[]): void {
    if (this.#sink.untakenBytes > MAX_UNTAKEN_BYTES) {
      const message = 'the backup is taken too slowly to keep up with what is written; try again';
      this.#end(new Fault('RESOURCE_EXHAUSTED', message, { reason: 'BACKUP_TOO_SLOW' }));
      return;
    }
    this.#sink.write(writes.map(lineOf).join(''));
    if (this.#isRead) this.#end();
  }

  failed(error: unknown): void {
    this.#end(error instanceof Error ? error : new Error(String(error)));
  }

  async #readAll(): Promise<void> {
    for (const table of ['head', 'entry', 'lease'] as const) await this.#read(table);
  }

  /** A row that is written behind the place where this is comes as part of its commit. */
  async #read(table: Table): Promise<void> {
    for (let first = 0; ;) {
      const rows = this.#database.someRows(table, first, A_TURN);
      const last = rows.at(-1);
      if (last === undefined) return;
      this.#sink.write(rows.map(lineOf).join(''));
      first = last.row + 1;
      while (this.#sink.untakenBytes > ENOUGH_BYTES) await this.#sink.drained();
      await nextTurn();
      if (this.#isOver) return;
    }
  }
}
