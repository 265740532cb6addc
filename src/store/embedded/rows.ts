import type { RowWrite, Table } from './database.js';
import { sumOf } from './record.js';

interface Row {
  readonly number: number;
  /** Of its record. */
  readonly sum: number;
}

/** Which row of a table each thing is in. Rows are counted up and not used again. */
export class Rows<K> {
  readonly #table: Table;
  readonly #rows = new Map<K, Row>();
  #next = 1;
  #sum = 0;

  constructor(table: Table) {
    this.#table = table;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Of all records together, in any order: it tells of one that is missing, or is an older one. */
  get sum(): number {
    return this.#sum;
  }

  clear(): void {
    this.#rows.clear();
    this.#next = 1;
    this.#sum = 0;
  }

  /** Takes in what is on disk. */
  restore(key: K, number: number, record: Buffer): void {
    this.#set(key, { number, sum: sumOf(record) });
    this.#next = Math.max(this.#next, number + 1);
  }

  put(key: K, encode: (row: number) => Buffer): RowWrite {
    const row = this.#rows.get(key)?.number ?? this.#next++;
    const record = encode(row);
    this.#set(key, { number: row, sum: sumOf(record) });
    return { table: this.#table, row, record };
  }

  /** @returns undefined if there is nothing to remove. */
  remove(key: K): RowWrite | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    this.#rows.delete(key);
    this.#sum ^= row.sum;
    return { table: this.#table, row: row.number, record: undefined };
  }

  #set(key: K, row: Row): void {
    this.#sum ^= (this.#rows.get(key)?.sum ?? 0) ^ row.sum;
    this.#rows.set(key, row);
  }
}
