import type { KeyRange, Transaction } from '../store.js';
import { rangesOf } from './recompute.js';

/**
 * What a transaction reads, compares or writes, as paths: a key, or, ending with `/`, all keys below it.
 * etcd evaluates the comparisons of all transactions of one request before it runs the first of them, so
 * two may share a request only if neither writes what the other looks at.
 */
export interface Footprint {
  /** Written ones included. */
  readonly touched: readonly string[];
  readonly written: readonly string[];
}

/** Undefined if it has a range that is no path: then it shares a request with nobody. */
export function footprintOf(transaction: Transaction): Footprint | undefined {
  const touched = pathsOf(rangesOf(transaction));
  const written = pathsOf(
    [...transaction.then, ...transaction.else].flatMap((operation) => {
      if (operation.kind === 'read') return [];
      return operation.kind === 'put' ? { from: operation.key } : operation.range;
    }),
  );
  return touched === undefined || written === undefined ? undefined : { touched, written };
}

/** The footprints of the transactions of one request. */
export class Ground {
  readonly #touched = new Paths();
  readonly #written = new Paths();

  /** Takes it in if it is apart from all before it. */
  claim({ touched, written }: Footprint): boolean {
    if (touched.some((path) => this.#written.meets(path))) return false;
    if (written.some((path) => this.#touched.meets(path))) return false;
    for (const path of touched) this.#touched.add(path);
    for (const path of written) this.#written.add(path);
    return true;
  }
}

/** A set of paths that knows which others lie above or below one of them. */
class Paths {
  readonly #members = new Set<string>();
  readonly #above = new Set<string>();

  add(path: string): void {
    this.#members.add(path);
    for (const folder of foldersAbove(path)) this.#above.add(folder);
  }

  /** Whether a member is the path, lies below it, or has it below itself. */
  meets(path: string): boolean {
    if (this.#members.has(path) || this.#above.has(path)) return true;
    for (const folder of foldersAbove(path)) if (this.#members.has(folder)) return true;
    return false;
  }
}

function* foldersAbove(path: string): Generator<string> {
  for (let end = path.indexOf('/'); end !== -1 && end < path.length - 1;) {
    yield path.slice(0, end + 1);
    end = path.indexOf('/', end + 1);
  }
}

function pathsOf(ranges: readonly KeyRange[]): string[] | undefined {
  const paths: string[] = [];
  for (const { from, to } of ranges) {
    // `0` comes after `/`, so this is the range of all keys that begin with `from`.
    if (to !== undefined && !(from.endsWith('/') && to === `${from.slice(0, -1)}0`))
      return undefined;
    paths.push(from);
  }
  return paths;
}
