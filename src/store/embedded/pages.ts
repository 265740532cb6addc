import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Fault } from '../../core/errors.js';
import {
  MAGIC,
  MAX_PAGE_BYTES,
  META_BYTES,
  META_PAGES,
  MIN_PAGE_BYTES,
  PAGE_FLAG,
  pageBytesOf,
  readHeader,
  readMeta,
  VERSION,
  type Meta,
  type PageHeader,
} from './lmdb-format.js';

/** The pages of an LMDB file of which nothing is believed. All throw Fault DATA_LOSS where it is damaged. */
export class Pages {
  readonly pageBytes: number;
  /** The meta page of the last commit. */
  readonly meta: Meta;
  readonly #path: string;
  readonly #file: number;

  /** @param file the open file of that path. Reads what its last commit has left. */
  constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
    const first = this.#readMeta(0, 0);
    this.pageBytes = pageBytesOf(first);
    const second = this.#readMeta(1, this.pageBytes);
    this.meta = first.transaction >= second.transaction ? first : second;
    if (pageBytesOf(second) !== this.pageBytes) throw this.#notMeta(1);
    if (fstatSync(file).size < (this.meta.lastPage + 1) * this.pageBytes) {
      throw this.damaged('its end is missing');
    }
  }

  /** Opens the file while `read` runs. */
  static of<T>(path: string, read: (pages: Pages) => T): T {
    const file = openSync(path, 'r');
    try {
      return read(new Pages(path, file));
    } finally {
      closeSync(file);
    }
  }

  /** Whether the snapshot has a page of this number, meta pages aside. */
  has(number: number): boolean {
    return number >= META_PAGES && number <= this.meta.lastPage;
  }

  /** `count` pages side by side. */
  read(number: number, count = 1): Buffer {
    const bytes = Buffer.allocUnsafe(count * this.pageBytes);
    const length = readSync(this.#file, bytes, 0, bytes.length, number * this.pageBytes);
    if (length < bytes.length) throw this.damaged('its end is missing');
    return bytes;
  }

  /** A page with a header that is right. `what` says what it is for. */
  readChecked(
    number: number,
    what: string,
  ): { readonly page: Buffer; readonly header: PageHeader } {
    const page = this.read(number);
    const header = readHeader(page);
    // A page from the future is one that LMDB changes in place, in memory that may not be written.
    const isRight = header.number === number && header.transaction <= this.meta.transaction;
    if (!isRight || header.pad !== 0) {
      throw this.damaged(`the header of page ${number} (${what}) is not as it was written`);
    }
    return { page, header };
  }

  damaged(how: string): Fault {
    return damaged(this.#path, how);
  }

  #readMeta(number: number, position: number): Meta {
    const bytes = Buffer.alloc(META_BYTES);
    const length = readSync(this.#file, bytes, 0, META_BYTES, position);
    const meta = readMeta(bytes);
    const pageBytes = pageBytesOf(meta);
    const isMeta =
      length === META_BYTES &&
      meta.magic === MAGIC &&
      meta.version === VERSION &&
      meta.pageFlags === PAGE_FLAG.meta &&
      pageBytes >= MIN_PAGE_BYTES &&
      pageBytes <= MAX_PAGE_BYTES &&
      // Commits with even numbers write the first meta page, the others the second.
      (meta.transaction === 0 || meta.transaction % 2 === number);
    if (!isMeta) throw this.#notMeta(number);
    return meta;
  }

  #notMeta(number: number): Fault {
    return this.damaged(`page ${number} is not the meta page of a database of this version`);
  }
}

export function damaged(path: string, how: string): Fault {
  return new Fault(
    'DATA_LOSS',
    `${path} is corrupt: ${how}; restore the folder from a copy (without revision.high)`,
    { reason: 'CORRUPT_FILE' },
  );
}
