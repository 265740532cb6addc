import { freeRuns, type Run } from './free-list.js';
import { NODE_FLAG, readNumber, readTree, TREE_BYTES, type Tree } from './lmdb-format.js';
import type { Node } from './nodes.js';
import type { Pages } from './pages.js';
import { TreeCheck, type TreeKind } from './tree-check.js';

/** `MDB_INTEGERKEY`: the keys of the list of free pages are numbers, of the commits that freed them. */
const FREE_LIST_FLAGS = 0x08;
const FREE_LIST = 'list of free pages';

/**
 * Looks at every page that LMDB will, before it does: lmdb 3.5 believes what it reads, and a damaged page ends the
 * process by a signal, at the start or at a later write.
 *
 * What is sure afterwards: each tree has the pages, the levels and the keys that it should; a page is in one place
 * only, and none of the free ones is used; nodes fill their pages without gaps; keys are in order. What the records say
 * is for their own sums (`record.ts`).
 * @param tables the names of those that may be there.
 * @throws Fault DATA_LOSS that names the page.
 */
export function checkPages(pages: Pages, tables: ReadonlySet<string>): void {
  const met = new Uint8Array(pages.meta.lastPage + 1);
  const meet = (number: number, what: string): void => {
    if (!pages.has(number)) throw pages.damaged(`page ${number}, for the ${what}, is not there`);
    if (met[number] === 1)
      throw pages.damaged(`page ${number} is used twice, also for the ${what}`);
    met[number] = 1;
  };
  const walk = (tree: Tree, kind: TreeKind): void => {
    new TreeCheck(pages, kind, meet).run(tree);
  };
  const found = new Map<string, Tree>();
  walk(pages.meta.main, {
    ...plain('list of tables'),
    accepts: (node, value) => {
      const name = tableName(node);
      if (name === undefined || !tables.has(name)) return false;
      const tree = readTree(value(), 0);
      found.set(name, tree);
      return tree.pad === 0;
    },
  });
  for (const [name, tree] of found) walk(tree, plain(`table "${name}"`));
  checkFreeList(pages, walk, meet);
}

/** A tree of keys in the order of their bytes. */
function plain(name: string): TreeKind {
  return {
    name,
    flags: 0,
    leastChildren: 2,
    compare: (a, b) => Buffer.compare(a, b),
    accepts: ({ flags }) => flags !== NODE_FLAG.table,
  };
}

/** Names are written with a zero at their end. */
function tableName({ flags, key, valueBytes }: Node): string | undefined {
  if (flags !== NODE_FLAG.table || valueBytes !== TREE_BYTES || key.at(-1) !== 0) return undefined;
  return key.toString('latin1', 0, key.length - 1);
}

function checkFreeList(
  pages: Pages,
  walk: (tree: Tree, kind: TreeKind) => void,
  meet: (page: number, what: string) => void,
): void {
  const listed: Run[] = [];
  walk(
    pages.meta.free,
    freeListKind(pages, (run) => listed.push(run)),
  );
  // The pages of the list itself are known only now.
  for (const { first, count } of listed) {
    for (let each = 0; each < count; each++) meet(first + each, FREE_LIST);
  }
}

/** @param tell is called for each run, with the commit that freed it. */
export function freeListKind(pages: Pages, tell: (run: Run, freedBy: number) => void): TreeKind {
  return {
    name: FREE_LIST,
    flags: FREE_LIST_FLAGS,
    leastChildren: 1,
    compare: compareNumbers,
    accepts: ({ flags, key }, value) => {
      if (flags === NODE_FLAG.table || key.length !== 8) return false;
      const freedBy = readNumber(key, 0);
      if (freedBy === 0 || freedBy > pages.meta.transaction) return false;
      const runs = freeRuns(value());
      const arePages = runs?.every((run) => pages.has(run.first) && pages.has(lastOf(run)));
      if (arePages === true) runs?.forEach((run) => tell(run, freedBy));
      return arePages === true;
    },
  };
}

function lastOf({ first, count }: Run): number {
  return first + count - 1;
}

/** Keys of another length sort first, and are refused when they are looked at. */
function compareNumbers(a: Buffer, b: Buffer): number {
  if (a.length !== 8 || b.length !== 8) return a.length - b.length;
  return readNumber(a, 0) - readNumber(b, 0);
}
