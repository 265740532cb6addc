/**
 * The file format of LMDB, data version 2, as far as we read it: what lies where in the pages of `mdb.c`
 * (`MDB_meta`, `MDB_page`, `MDB_node`, `MDB_db`, `MDB_ovpage`), on 64 bits, low bytes first.
 */

export const MAGIC = 0xbeefc0de;
export const VERSION = 2;
export const MIN_PAGE_BYTES = 512;
export const MAX_PAGE_BYTES = 65_536;

/** The first two pages are meta pages, written in turn. */
export const META_PAGES = 2;

/** Bytes of a meta page up to the end of its last field. */
export const META_BYTES = 160;

export const HEADER_BYTES = 24;
export const NODE_HEADER_BYTES = 8;

/** A root of a tree without pages. */
const NO_PAGE = 2n ** 64n - 1n;

export const PAGE_FLAG = { branch: 0x01, leaf: 0x02, overflow: 0x04, meta: 0x08 } as const;
export const NODE_FLAG = { overflow: 0x01, table: 0x02 } as const;

/** `MDB_db`: the root of a tree, and what the tree should have. */
export interface Tree {
  readonly pad: number;
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** Undefined: the tree is empty. */
  readonly root: number | undefined;
}

export const TREE_BYTES = 48;

export interface Meta {
  readonly pageFlags: number;
  readonly magic: number;
  readonly version: number;
  readonly free: Tree;
  readonly main: Tree;
  readonly lastPage: number;
  readonly transaction: number;
}

export function readMeta(page: Buffer): Meta {
  return {
    pageFlags: page.readUInt16LE(18),
    magic: page.readUInt32LE(24),
    version: page.readUInt32LE(28),
    free: readTree(page, 48),
    main: readTree(page, 96),
    lastPage: readNumber(page, 144),
    transaction: readNumber(page, 152),
  };
}

export function readTree(bytes: Buffer, at: number): Tree {
  const root = bytes.readBigUInt64LE(at + 40);
  return {
    pad: bytes.readUInt32LE(at),
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    branchPages: readNumber(bytes, at + 8),
    leafPages: readNumber(bytes, at + 16),
    overflowPages: readNumber(bytes, at + 24),
    entries: readNumber(bytes, at + 32),
    root: root === NO_PAGE ? undefined : Number(root),
  };
}

/** Of a free page list the meta page has the size of pages where other trees have padding. */
export function pageBytesOf({ free }: Meta): number {
  return free.pad;
}

export interface PageHeader {
  readonly number: number;
  readonly transaction: number;
  readonly pad: number;
  readonly flags: number;
  /** End of the list of nodes, and begin of the nodes; both without the header. */
  readonly lower: number;
  readonly upper: number;
  /** In the place of `lower` and `upper`, on the first page of a large value: how many pages it has. */
  readonly pages: number;
}

export function readHeader(page: Buffer): PageHeader {
  return {
    number: readNumber(page, 0),
    transaction: readNumber(page, 8),
    pad: page.readUInt16LE(16),
    flags: page.readUInt16LE(18),
    lower: page.readUInt16LE(20),
    upper: page.readUInt16LE(22),
    pages: page.readUInt32LE(20),
  };
}

/** `MDB_ovpage`: where a value lies that has pages of its own. */
export interface Overflow {
  readonly first: number;
  readonly count: number;
  readonly transaction: number;
}

export const OVERFLOW_BYTES = 24;

export function readOverflow(page: Buffer, at: number): Overflow {
  return {
    first: readNumber(page, at),
    transaction: readNumber(page, at + 8),
    count: readNumber(page, at + 16),
  };
}

/** Pages that a value of so many bytes takes. */
export function overflowPages(valueBytes: number, pageBytes: number): number {
  return Math.floor((HEADER_BYTES - 1 + valueBytes) / pageBytes) + 1;
}

/** A number of 64 bits. One above 2^53 is not exact, and larger than any that is right. */
export function readNumber(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}
