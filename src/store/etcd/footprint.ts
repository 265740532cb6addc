import type { KeyRange, Transaction } from '../store.js';

/**
 * What a transaction reads, compares or writes, as paths: a key, or, ending with `/`, all keys below it.
 * etcd evaluates the comparisons of all transactions of one request before it runs the first of them, so
 * two may share a request only if neither writes what the other looks at.
 */
export interface Footprint {
  /** Written ones included. */
  readonly touched: ReadonlySet<string>;
  readonly written: ReadonlySet<string>;
}

/** Undefined if it has a range that is no path: then it shares a request with nobody. */
export function footprintOf(transaction: Transaction): Footprint | undefined {
  const touched = new Set<string>();
  const written = new Set<string>();
  for (const { range } of transaction.compare) {
    if (!isPath(range)) return undefined;
    touched.add(range.from);
  }
  for (const branch of [transaction.then, transaction.else]) {
    for (const operation of branch) {
      const range = operation.kind === 'put' ? { from: operation.key } : operation.range;
      if (!isPath(range)) return undefined;
      touched.add(range.from);
      if (operation.kind !== 'read') written.add(range.from);
    }
  }
  return { touched, written };
}

/** The footprints of the transactions of one request. */
export class Ground {
  readonly #touched = new Paths();
  readonly #written = new Paths();

  /** Takes it in if it is apart from all before it. */
  claim({ touched, written }: Footprint): boolean {
    for (const path of touched) if (this.#written.meets(path)) return false;
    for (const path of written) if (this.#touched.meets(path)) return false;
    for (const path of touched) this.#touched.add(path);
    for (const path of written) this.#written.add(path);
    return true;
  }
}

/** A set of paths that knows which others lie above or below one of them. */
class Paths {
  readonly #members = new Set<string>();
  /**
   * By a number of slashes, the folders of so many that have a member below them. Only for the numbers that were
   * asked for, or that a member has; in practice that is one: the waiters, sharers and permits of a name.
   */
  readonly #above = new Map<number, Set<string>>();

  add(path: string): void {
    this.#members.add(path);
    if (path.endsWith('/')) this.#foldersOf(slashesIn(path));
    for (const [slashes, folders] of this.#above) {
      const folder = folderAbove(path, slashes);
      if (folder !== undefined) folders.add(folder);
    }
  }

  /** Whether a member is the path, lies below it, or has it below itself. */
  meets(path: string): boolean {
    if (this.#members.has(path)) return true;
    if (path.endsWith('/') && this.#foldersOf(slashesIn(path)).has(path)) return true;
    for (const slashes of this.#above.keys()) {
      const folder = folderAbove(path, slashes);
      if (folder !== undefined && this.#members.has(folder)) return true;
    }
    return false;
  }

  #foldersOf(slashes: number): Set<string> {
    const known = this.#above.get(slashes);
    if (known !== undefined) return known;
    const folders = new Set<string>();
    for (const member of this.#members) {
      const folder = folderAbove(member, slashes);
      if (folder !== undefined) folders.add(folder);
    }
    this.#above.set(slashes, folders);
    return folders;
  }
}

function slashesIn(path: string): number {
  let count = 0;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) count += 1;
  return count;
}

/** The folder of so many slashes that a path lies in; undefined if it has too few, or is that folder. */
function folderAbove(path: string, slashes: number): string | undefined {
  let at = -1;
  for (let count = 0; count < slashes; count++) {
    at = path.indexOf('/', at + 1);
    if (at === -1) return undefined;
  }
  return at < path.length - 1 ? path.slice(0, at + 1) : undefined;
}

/** One key, or all keys that begin with a text that ends with `/`: `0` comes after `/`. */
function isPath({ from, to }: KeyRange): boolean {
  return to === undefined || (from.endsWith('/') && to === `${from.slice(0, -1)}0`);
}
