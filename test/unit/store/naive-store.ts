import type {
  Compare,
  Entry,
  KeyRange,
  Operation,
  OperationResult,
  Outcome,
  Read,
  Transaction,
} from '../../../src/store/store.js';

/** The port's rules once more, as plainly as they can be written: an array, copied for each transaction. */
export class NaiveStore {
  #entries: Entry[] = [];
  #revision = 1;

  all(): Entry[] {
    return this.#entries;
  }

  /** @returns undefined if the transaction breaks the rules. Nothing has a lease. */
  transact(transaction: Transaction): Outcome | undefined {
    if (conflicts(transaction.then) || conflicts(transaction.else)) return undefined;
    const succeeded = transaction.compare.every((compare) => this.#holds(compare));
    const results = (succeeded ? transaction.then : transaction.else).map(
      (operation): OperationResult => {
        if (operation.kind === 'read') return this.#read(operation);
        const found = this.#in(rangeOf(operation));
        if (operation.kind === 'put') {
          const old = found[0];
          const entry = {
            key: operation.key,
            value: operation.value,
            createRevision: old === undefined ? this.#revision + 1 : old.createRevision,
            modRevision: this.#revision + 1,
            version: old === undefined ? 1 : old.version + 1,
          };
          this.#entries = [...this.#entries.filter((one) => one !== old), entry].sort(byBytes);
          return { kind: 'put' };
        }
        this.#entries = this.#entries.filter((one) => !found.includes(one));
        return { kind: 'delete', deleted: found.length };
      },
    );
    const wrote = results.some(
      (result) => result.kind === 'put' || (result.kind === 'delete' && result.deleted > 0),
    );
    if (wrote) this.#revision++;
    return { succeeded, revision: this.#revision, results };
  }

  #in(range: KeyRange): Entry[] {
    return this.#entries.filter((entry) => inside(entry.key, range));
  }

  #holds(compare: Compare): boolean {
    const found = this.#in(compare.range);
    if (compare.target === 'value') {
      return (
        found.length > 0 &&
        found.every((entry) => (entry.value === compare.operand) === (compare.is === '='))
      );
    }
    if (compare.target === 'lease') return compare.is === '=';
    const numbers = found.map((entry) => {
      if (compare.target === 'create') return entry.createRevision;
      return compare.target === 'mod' ? entry.modRevision : entry.version;
    });
    return (numbers.length > 0 ? numbers : [0]).every((number) => {
      if (compare.is === '=') return number === compare.operand;
      if (compare.is === '!=') return number !== compare.operand;
      return compare.is === '<' ? number < compare.operand : number > compare.operand;
    });
  }

  #read(read: Read): OperationResult {
    const found = this.#in(read.range);
    const count = found.length;
    if (read.countOnly) return { kind: 'read', entries: [], count, more: false };
    let entries = found
      .filter((entry) => entry.createRevision >= (read.minCreateRevision ?? 0))
      .filter((entry) => !read.maxCreateRevision || entry.createRevision <= read.maxCreateRevision);
    if (read.order === 'create') entries.sort(byCreation);
    if (read.order === 'create-desc') entries.sort((a, b) => byCreation(b, a));
    const more = Boolean(read.limit) && entries.length > (read.limit ?? 0);
    if (read.limit) entries = entries.slice(0, read.limit);
    if (read.keysOnly) entries = entries.map((entry) => ({ ...entry, value: '' }));
    return { kind: 'read', entries, count, more };
  }
}

function byCreation(a: Entry, b: Entry): number {
  return a.createRevision - b.createRevision || byBytes(a, b);
}

function byBytes(a: Entry, b: Entry): number {
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
}

function inside(key: string, range: KeyRange): boolean {
  if (range.to === undefined) return key === range.from;
  const bytes = Buffer.from(key);
  return (
    Buffer.compare(bytes, Buffer.from(range.from)) >= 0 &&
    Buffer.compare(bytes, Buffer.from(range.to)) < 0
  );
}

function rangeOf(operation: Exclude<Operation, Read>): KeyRange {
  return operation.kind === 'put' ? { from: operation.key } : operation.range;
}

function conflicts(operations: readonly Operation[]): boolean {
  return operations.some(
    (one, i) =>
      one.kind === 'put' &&
      operations.some(
        (other, j) => i !== j && other.kind !== 'read' && inside(one.key, rangeOf(other)),
      ),
  );
}
