import { leaseNotFound } from '../core/errors.js';
import type { LeaseId } from '../core/lease-id.js';
import type {
  Compare,
  Entry,
  KeyRange,
  Operation,
  OperationResult,
  Outcome,
  Put,
  Read,
  ReadResult,
  Revision,
  StoreEvent,
  Transaction,
} from './store.js';

/**
 * What a transaction means, as a pure function over a state: etcd's rules, exactly. The memory engine runs on
 * it; the etcd engine uses it to learn the outcome of a transaction whose answer was lost.
 */

/** An ordered map as it was at one revision. */
export interface State {
  get(key: string): Entry | undefined;
  /** The entries of the range in the order of `compareKeys`. Nothing changes the state while it is walked. */
  list(range: KeyRange): Iterable<Entry>;
  count(range: KeyRange): number;
}

export interface Applied {
  readonly outcome: Outcome;
  /** In the order they happened; empty if nothing was written. */
  readonly changes: readonly StoreEvent[];
}

/** The port's bound on the operations of a branch. */
const MAX_BRANCH_OPERATIONS = 32;

/**
 * Applies `transaction` to `state`, which it leaves as it is.
 * @param revision what the writes get. If there are none, the outcome's revision is the one before.
 * @param leaseExists false for a lease that has ended.
 * @throws Fault NOT_FOUND (LEASE_NOT_FOUND) if a put of the branch that runs names a lease that has ended.
 * @throws TypeError if the transaction breaks the rules of the port: a defect of the caller.
 */
export function apply(
  state: State,
  transaction: Transaction,
  revision: Revision,
  leaseExists: (id: LeaseId) => boolean,
): Applied {
  checkBranch(transaction.then);
  checkBranch(transaction.else);
  const succeeded = transaction.compare.every((compare) => holds(state, compare));
  const draft = new Draft(state, revision, leaseExists);
  const results = (succeeded ? transaction.then : transaction.else).map((op) => draft.run(op));
  const { changes } = draft;
  const outcome = { succeeded, revision: changes.length > 0 ? revision : revision - 1, results };
  return { outcome, changes };
}

/** One read of a state. `count` is of the whole range; filters come before the order, the limit last. */
export function readState(state: State, read: Omit<Read, 'kind'>): ReadResult {
  const count = state.count(read.range);
  if (read.countOnly === true) return { kind: 'read', entries: [], count, more: false };
  const limit = read.limit !== undefined && read.limit > 0 ? read.limit : Infinity;
  // One more than the limit shows whether there are more.
  const found = created(state, read, limit + 1);
  const more = found.length > limit;
  if (more) found.length = limit;
  const entries = read.keysOnly === true ? found.map((entry) => ({ ...entry, value: '' })) : found;
  return { kind: 'read', entries, count, more };
}

/** The first `most` entries of the range, in the order of the read, that were created within the bounds. As in etcd, 0 is no bound. */
function created(state: State, read: Omit<Read, 'kind'>, most: number): Entry[] {
  const { minCreateRevision = 0, maxCreateRevision = 0, order = 'key' } = read;
  const maxRevision = maxCreateRevision === 0 ? Infinity : maxCreateRevision;
  const first = order === 'key' ? undefined : new FirstCreated(most, order);
  const found: Entry[] = [];
  for (const entry of state.list(read.range)) {
    if (entry.createRevision < minCreateRevision || entry.createRevision > maxRevision) continue;
    if (first !== undefined) {
      first.add(entry);
      continue;
    }
    found.push(entry);
    if (found.length >= most) break;
  }
  return first?.all() ?? found;
}

/** Of many entries the first by their creation, without sorting them all. */
class FirstCreated {
  readonly #most: number;
  readonly #compare: (a: Entry, b: Entry) => number;
  #kept: Entry[] = [];
  /** What comes behind it is not among the first; known once there were enough. */
  #last: Entry | undefined;

  constructor(most: number, order: 'create' | 'create-desc') {
    this.#most = most;
    this.#compare = order === 'create' ? compareCreation : (a, b) => compareCreation(b, a);
  }

  add(entry: Entry): void {
    if (this.#last !== undefined && this.#compare(entry, this.#last) > 0) return;
    this.#kept.push(entry);
    if (this.#kept.length < 2 * this.#most) return;
    this.#kept = this.all();
    this.#last = this.#kept.at(-1);
  }

  all(): Entry[] {
    return this.#kept.sort(this.#compare).slice(0, this.#most);
  }
}

function compareCreation(a: Entry, b: Entry): number {
  return a.createRevision - b.createRevision || compareKeys(a.key, b.key);
}

/**
 * The order of two keys by the bytes of their UTF-8, which is the order of their code points. JavaScript's `<`
 * compares UTF-16 units, and so puts U+10000 and above (surrogates, from D800) before U+E000 to U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

const SURROGATE = /[\ud800-\udfff]/;

/** Sorts in place; where nothing is above U+FFFF as JavaScript does, ten times as fast. */
export function sortKeys(keys: string[]): string[] {
  return keys.some((key) => SURROGATE.test(key)) ? keys.sort(compareKeys) : keys.sort();
}

/** Lifts surrogates above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

export function inRange(key: string, range: KeyRange): boolean {
  if (range.to === undefined) return key === range.from;
  return compareKeys(key, range.from) >= 0 && compareKeys(key, range.to) < 0;
}

/** A state made of the entries of a snapshot, in any order. */
export function stateOf(entries: Iterable<Entry>): State {
  const sorted = [...entries].sort((a, b) => compareKeys(a.key, b.key));
  const byKey = new Map(sorted.map((entry) => [entry.key, entry]));
  const list = (range: KeyRange): Entry[] => sorted.filter((entry) => inRange(entry.key, range));
  return { get: (key) => byKey.get(key), list, count: (range) => list(range).length };
}

/** Writes over a state that is not changed. Later operations see what earlier ones wrote. */
class Draft implements State {
  readonly changes: StoreEvent[] = [];
  readonly #base: State;
  readonly #revision: Revision;
  readonly #leaseExists: (id: LeaseId) => boolean;
  /** What each written key holds now; undefined: deleted. */
  readonly #written = new Map<string, Entry | undefined>();

  constructor(base: State, revision: Revision, leaseExists: (id: LeaseId) => boolean) {
    this.#base = base;
    this.#revision = revision;
    this.#leaseExists = leaseExists;
  }

  run(operation: Operation): OperationResult {
    switch (operation.kind) {
      case 'put':
        this.#put(operation);
        return { kind: 'put' };
      case 'delete':
        return { kind: 'delete', deleted: this.#delete(operation.range) };
      case 'read':
        return readState(this, operation);
    }
  }

  get(key: string): Entry | undefined {
    return this.#written.has(key) ? this.#written.get(key) : this.#base.get(key);
  }

  list(range: KeyRange): Iterable<Entry> {
    const written = [...this.#written.keys()].filter((key) => inRange(key, range));
    if (written.length === 0) return this.#base.list(range);
    return this.#merged(this.#base.list(range), written.sort(compareKeys));
  }

  /** @param written keys, in order. */
  *#merged(base: Iterable<Entry>, written: readonly string[]): Generator<Entry> {
    let next = 0;
    for (const entry of base) {
      for (; compareKeys(written[next] ?? entry.key, entry.key) < 0; next++) {
        yield* this.#writtenAt(written[next]);
      }
      if (!this.#written.has(entry.key)) yield entry;
    }
    for (; next < written.length; next++) yield* this.#writtenAt(written[next]);
  }

  #writtenAt(key = ''): Entry[] {
    const entry = this.#written.get(key);
    return entry === undefined ? [] : [entry];
  }

  count(range: KeyRange): number {
    let count = this.#base.count(range);
    for (const [key, entry] of this.#written) {
      if (!inRange(key, range)) continue;
      if (this.#base.get(key) !== undefined) count--;
      if (entry !== undefined) count++;
    }
    return count;
  }

  #put(put: Put): void {
    if (put.lease !== undefined && !this.#leaseExists(put.lease)) throw leaseNotFound();
    const before = this.get(put.key);
    const entry: Entry = {
      key: put.key,
      value: put.value,
      createRevision: before?.createRevision ?? this.#revision,
      modRevision: this.#revision,
      version: (before?.version ?? 0) + 1,
      // A put without a lease takes the key off the lease that it had.
      ...(put.lease === undefined ? undefined : { lease: put.lease }),
    };
    this.#written.set(put.key, entry);
    this.changes.push({ kind: 'put', entry });
  }

  #delete(range: KeyRange): number {
    const entries = Array.from(this.list(range));
    for (const previous of entries) {
      this.#written.set(previous.key, undefined);
      this.changes.push({ kind: 'delete', key: previous.key, previous });
    }
    return entries.length;
  }
}

/** Whether a condition is true of every key of its range; an empty range counts as one absent key. */
function holds(state: State, compare: Compare): boolean {
  let empty = true;
  for (const entry of state.list(compare.range)) {
    empty = false;
    if (!entryHolds(entry, compare)) return false;
  }
  return !empty || entryHolds(undefined, compare);
}

function entryHolds(entry: Entry | undefined, compare: Compare): boolean {
  switch (compare.target) {
    case 'value':
      return entry !== undefined && (entry.value === compare.operand) === (compare.is === '=');
    case 'lease':
      return (entry?.lease === compare.operand) === (compare.is === '=');
    case 'create':
      return numberHolds(entry?.createRevision ?? 0, compare.is, compare.operand);
    case 'mod':
      return numberHolds(entry?.modRevision ?? 0, compare.is, compare.operand);
    case 'version':
      return numberHolds(entry?.version ?? 0, compare.is, compare.operand);
  }
}

function numberHolds(actual: number, is: '=' | '!=' | '<' | '>', operand: number): boolean {
  switch (is) {
    case '=':
      return actual === operand;
    case '!=':
      return actual !== operand;
    case '<':
      return actual < operand;
    case '>':
      return actual > operand;
  }
}

/** Both branches are checked, whichever runs, as etcd does. */
function checkBranch(operations: readonly Operation[]): void {
  if (operations.length > MAX_BRANCH_OPERATIONS) {
    throw new TypeError(`a branch has more than ${MAX_BRANCH_OPERATIONS} operations`);
  }
  operations.forEach((operation, index) => {
    if (operation.kind !== 'put') return;
    if (operation.key === '' || !operation.key.isWellFormed() || !operation.value.isWellFormed()) {
      throw new TypeError('a put has an empty key, or text with a lone surrogate');
    }
    const conflict = operations.some(
      (other, at) => at !== index && other.kind !== 'read' && writes(other, operation.key),
    );
    if (conflict) throw new TypeError('a key is put twice, or put and deleted, in one branch');
  });
}

function writes(operation: Exclude<Operation, Read>, key: string): boolean {
  return operation.kind === 'put' ? operation.key === key : inRange(key, operation.range);
}
