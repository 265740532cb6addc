import {
  HEADER_BYTES,
  NODE_FLAG,
  overflowPages,
  PAGE_FLAG,
  readOverflow,
  type Tree,
} from './lmdb-format.js';
import { nodesOf, type Node } from './nodes.js';
import type { Pages } from './pages.js';

/** Deeper than any file can be: with two nodes on each branch, 2^32 pages. */
const MAX_DEPTH = 32;

/** What a tree holds, and how its keys are ordered. */
export interface TreeKind {
  readonly name: string;
  /** Properties of the tree, as the library writes them. */
  readonly flags: number;
  /** Fewest nodes of a branch. */
  readonly leastChildren: number;
  readonly compare: (a: Buffer, b: Buffer) => number;
  /** Looks at one node of a leaf. @returns false if it was not written so. */
  readonly accepts: (node: Node, value: () => Buffer) => boolean;
}

/** Keys from one to below another may be on a page; undefined: no bound. */
interface Bounds {
  readonly from: Buffer | undefined;
  readonly until: Buffer | undefined;
}

/** Walks one tree. `meet` is called for each of its pages, and throws if it can't be one. */
export class TreeCheck {
  readonly #pages: Pages;
  readonly #kind: TreeKind;
  readonly #meet: (page: number, what: string) => void;
  readonly #counts = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };

  constructor(pages: Pages, kind: TreeKind, meet: (page: number, what: string) => void) {
    this.#pages = pages;
    this.#kind = kind;
    this.#meet = meet;
  }

  /** @throws Fault DATA_LOSS if it is not a tree that the library could have written. */
  run(tree: Tree): void {
    const { flags, depth, root } = tree;
    const { name } = this.#kind;
    if (flags !== this.#kind.flags || depth > MAX_DEPTH || (depth === 0) !== (root === undefined)) {
      throw this.#pages.damaged(`the root of the ${name} is not as it was written`);
    }
    if (root !== undefined) this.#page(root, depth, { from: undefined, until: undefined });
    const counts = this.#counts;
    if (
      counts.branchPages !== tree.branchPages ||
      counts.leafPages !== tree.leafPages ||
      counts.overflowPages !== tree.overflowPages ||
      counts.entries !== tree.entries
    ) {
      throw this.#pages.damaged(`the ${name} has not as many pages and keys as it should`);
    }
  }

  /** A page and all below it, on `levels` levels. */
  #page(number: number, levels: number, bounds: Bounds): void {
    this.#meet(number, this.#kind.name);
    const { page, header } = this.#pages.readChecked(number, this.#kind.name);
    const isLeaf = levels === 1;
    const fits = header.flags === (isLeaf ? PAGE_FLAG.leaf : PAGE_FLAG.branch);
    const nodes = fits ? nodesOf(page, header, isLeaf) : undefined;
    if (nodes === undefined || nodes.length < (isLeaf ? 1 : this.#kind.leastChildren)) {
      throw this.#damagedPage(number);
    }
    // The first key of a branch means nothing.
    const keys = nodes.slice(isLeaf ? 0 : 1).map((node) => node.key);
    if (!this.#areOrdered(keys, bounds)) throw this.#damagedPage(number);
    if (isLeaf) {
      for (const node of nodes) this.#leafNode(number, page, node);
      this.#counts.leafPages++;
      this.#counts.entries += nodes.length;
      return;
    }
    this.#counts.branchPages++;
    nodes.forEach(({ key, child }, index) => {
      const from = index === 0 ? bounds.from : key;
      this.#page(child, levels - 1, { from, until: nodes[index + 1]?.key ?? bounds.until });
    });
  }

  #areOrdered(keys: readonly Buffer[], { from, until }: Bounds): boolean {
    const { compare } = this.#kind;
    const [first] = keys;
    const last = keys.at(-1);
    if (first === undefined || last === undefined) return true;
    if (from !== undefined && compare(first, from) < 0) return false;
    if (until !== undefined && compare(last, until) >= 0) return false;
    return keys.every((key, index) => {
      const before = keys[index - 1];
      return before === undefined || compare(before, key) < 0;
    });
  }

  #leafNode(number: number, page: Buffer, node: Node): void {
    const value =
      (node.flags & NODE_FLAG.overflow) === 0
        ? () => page.subarray(node.valueAt, node.valueAt + node.valueBytes)
        : this.#largeValue(number, page, node);
    if (!this.#kind.accepts(node, value)) throw this.#damagedPage(number);
  }

  /** A value that has pages of its own, of which only the first has a header. */
  #largeValue(number: number, page: Buffer, { valueAt, valueBytes }: Node): () => Buffer {
    const { first, count, transaction } = readOverflow(page, valueAt);
    const { pageBytes, meta } = this.#pages;
    if (count !== overflowPages(valueBytes, pageBytes) || transaction > meta.transaction) {
      throw this.#damagedPage(number);
    }
    const what = `a large value of the ${this.#kind.name}`;
    for (let each = 0; each < count; each++) this.#meet(first + each, what);
    const { header } = this.#pages.readChecked(first, what);
    if (header.flags !== PAGE_FLAG.overflow || header.pages !== count) {
      throw this.#damagedPage(first);
    }
    this.#counts.overflowPages += count;
    return () => this.#pages.read(first, count).subarray(HEADER_BYTES, HEADER_BYTES + valueBytes);
  }

  #damagedPage(number: number): Error {
    return this.#pages.damaged(`page ${number} (${this.#kind.name}) is not as it was written`);
  }
}
