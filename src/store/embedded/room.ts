import { closeSync, openSync } from 'node:fs';
import { isFault } from '../../core/errors.js';
import type { RowWrite } from './database.js';
import { readTree, type Tree } from './lmdb-format.js';
import { nodesOf } from './nodes.js';
import { freeListKind } from './page-check.js';
import { Pages } from './pages.js';
import { Space } from './space.js';
import { TreeCheck } from './tree-check.js';

/** Pages for what is not counted: LMDB's own trees of tables and of free pages, splits, and small records. */
const SPARE_PAGES = 64;

/** What a commit frees, the second after it can use: until that one is durable, the data before are needed. */
const COMMITS_UNTIL_FREE = 2;

/**
 * What is kept grows by so much with a commit at most: callers wait for it. An older version may have kept nothing, and the whole
 * is up to twice the data.
 */
const STEP_BYTES = 4 * 1024 * 1024;

/** Of a record beside its value: headers and key. */
const RECORD_BYTES = 32;

/** Larger records, as parts of a page, have pages of their own, side by side. */
const LARGE_PART = 1 / 4;

/** What the last commit has left. */
interface Use {
  readonly pageBytes: number;
  readonly pages: number;
  readonly leaves: number;
  readonly branches: number;
}

/**
 * Sees to it that the file has the pages that a commit may take: LMDB writes a copy of each page that it changes,
 * also to delete.
 *
 * What needs space leaves room for two commits that each change every page: the third uses what the first has freed.
 * So what frees finds its pages, however full the disk is.
 */
export class Room {
  readonly #path: string;
  readonly #space: Space;
  #file: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#space = new Space(path);
  }

  /**
   * Before each commit.
   * @param frees whether it only makes room, and so may use what is kept for that.
   * @throws Fault RESOURCE_EXHAUSTED if there is no space for it.
   */
  async ensure(writes: readonly RowWrite[], frees: boolean): Promise<void> {
    const use = useOf(this.#pages());
    const { small, large } = pagesOf(writes, use);
    const kept = frees ? 0 : this.#pagesToKeep(use, small + large);
    const ensure = (pages: number): Promise<void> =>
      this.#space.ensure((use.pages + pages) * use.pageBytes, use.pages * use.pageBytes);
    try {
      await ensure(small + large + kept);
    } catch (error) {
      if (!isFault(error, 'RESOURCE_EXHAUSTED')) throw error;
      const free = freePagesOf(this.#pages());
      if (free === 0) throw error;
      await ensure(Math.max(0, small + kept - free) + large);
    }
  }

  /** Beside those that a commit takes. */
  #pagesToKeep(use: Use, taken: number): number {
    const keptBytes = this.#space.bytes - (use.pages + taken) * use.pageBytes;
    const next = Math.ceil((Math.max(0, keptBytes) + STEP_BYTES) / use.pageBytes);
    return Math.min(COMMITS_UNTIL_FREE * (use.leaves + use.branches + SPARE_PAGES), next);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #pages(): Pages {
    this.#file ??= openSync(this.#path, 'r');
    return new Pages(this.#path, this.#file);
  }
}

/** Most pages that a commit may take: one by one, and side by side. */
function pagesOf(
  writes: readonly RowWrite[],
  { pageBytes, leaves, branches }: Use,
): { readonly small: number; readonly large: number } {
  let large = 0;
  let smallBytes = 0;
  for (const { record } of writes) {
    if (record === undefined) continue;
    const bytes = record.length + RECORD_BYTES;
    if (record.length > pageBytes * LARGE_PART) large += Math.ceil(bytes / pageBytes);
    else smallBytes += bytes;
  }
  const copied = Math.min(writes.length, leaves) + branches + SPARE_PAGES;
  // New records may leave pages a third full when they split them.
  return { small: copied + Math.ceil((smallBytes * 3) / pageBytes), large };
}

function useOf(pages: Pages): Use {
  const tables = tablesOf(pages);
  const { lastPage } = pages.meta;
  return {
    pageBytes: pages.pageBytes,
    pages: lastPage + 1,
    leaves: tables.reduce((sum, tree) => sum + tree.leafPages, 0),
    branches: tables.reduce((sum, tree) => sum + tree.branchPages, 0),
  };
}

/** So few tables are on one page. */
function tablesOf(pages: Pages): Tree[] {
  const { root } = pages.meta.main;
  if (root === undefined) return [];
  const { page, header } = pages.readChecked(root, 'list of tables');
  return (nodesOf(page, header, true) ?? []).map(({ valueAt }) => readTree(page, valueAt));
}

/** Pages that the next commit can surely use, since no reader can need what they held. */
function freePagesOf(pages: Pages): number {
  const { free, transaction } = pages.meta;
  let sum = 0;
  const kind = freeListKind(pages, ({ count }, freedBy) => {
    if (freedBy <= transaction + 1 - COMMITS_UNTIL_FREE) sum += count;
  });
  new TreeCheck(pages, kind, () => undefined).run(free);
  return sum;
}
