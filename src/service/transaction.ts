import type { LeaseId } from '../core/lease-id.js';
import { exactly } from '../store/store.js';
import type {
  Compare,
  Delete,
  Entry,
  KeyRange,
  Operation,
  Outcome,
  Put,
  Read,
  ReadResult,
  Revision,
  Store,
  Transaction,
} from '../store/store.js';

/** A transaction as services write it: what it does not need is left out. */
export type Draft = Pick<Transaction, 'resource' | 'frees' | 'then'> &
  Partial<Pick<Transaction, 'compare' | 'else'>>;

/** Reads that belong together, and what they say once they are done. They are in one branch of a transaction, anywhere. */
export interface Query<T> {
  readonly reads: readonly Read[];
  found(done: Done): T;
}

/**
 * What a transaction came to. A read is the handle of its own result: whoever put it into the transaction asks for it here,
 * wherever it stood there.
 */
export class Done {
  /** Whether `then` ran. */
  readonly succeeded: boolean;
  /** If it wrote: the revision of its writes. Else the store's revision when it read. */
  readonly revision: Revision;
  readonly #ran: readonly Operation[];
  readonly #outcome: Outcome;

  constructor(ran: readonly Operation[], outcome: Outcome) {
    this.succeeded = outcome.succeeded;
    this.revision = outcome.revision;
    this.#ran = ran;
    this.#outcome = outcome;
  }

  /** @throws TypeError if the branch that ran does not have this read: a defect. */
  result(read: Read): ReadResult {
    const result = this.#outcome.results[this.#ran.indexOf(read)];
    if (result?.kind !== 'read') throw new TypeError('the branch that ran does not have this read');
    return result;
  }

  entries(read: Read): readonly Entry[] {
    return this.result(read).entries;
  }

  /** Of a read of one key: undefined if it is not there. */
  entry(read: Read): Entry | undefined {
    return this.result(read).entries[0];
  }
}

const NOTHING: readonly never[] = [];

/** As `Store.transact`. */
export async function transact(store: Pick<Store, 'transact'>, draft: Draft): Promise<Done> {
  const { compare = NOTHING, else: otherwise = NOTHING } = draft;
  const outcome = await store.transact({ ...draft, compare, else: otherwise });
  return new Done(outcome.succeeded ? draft.then : otherwise, outcome);
}

export function readKey(key: string): Read {
  return { kind: 'read', range: exactly(key) };
}

/** Whether it is there, and since when. */
export function readKeyOnly(key: string): Read {
  return { kind: 'read', range: exactly(key), keysOnly: true };
}

/** How many keys there are. */
export function countKeys(range: KeyRange): Read {
  return { kind: 'read', range, countOnly: true };
}

export function put(key: string, value: string, lease?: LeaseId): Put {
  return lease === undefined ? { kind: 'put', key, value } : { kind: 'put', key, value, lease };
}

export function remove(key: string): Delete {
  return { kind: 'delete', range: exactly(key) };
}

/** The last put of the key was at this revision. */
export function lastPutAt(key: string, revision: Revision): Compare {
  return { range: exactly(key), target: 'mod', is: '=', operand: revision };
}

export function attachedTo(key: string, lease: LeaseId): Compare {
  return { range: exactly(key), target: 'lease', is: '=', operand: lease };
}
