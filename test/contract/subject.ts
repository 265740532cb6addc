import { randomBytes } from 'node:crypto';
import { leaseIdFromBytes, type LeaseId } from '../../src/core/lease-id.js';
import {
  exactly,
  type Compare,
  type Entry,
  type Operation,
  type Outcome,
  type Put,
  type ReadResult,
  type Revision,
  type Store,
} from '../../src/store/store.js';

/** An engine that was opened for a test. */
export interface Opened {
  readonly store: Store;
  /** Makes the store forget the events before `revision`. */
  compact(revision: Revision): Promise<void>;
  close(): Promise<void>;
}

export interface Factory {
  open(): Promise<Opened>;
}

/** What the tests of the contract see: the store of their suite, and keys that no other test uses. */
export class Subject {
  #opened: Opened | undefined;
  #test = 0;
  readonly #run = randomBytes(4).toString('hex');

  get store(): Store {
    return this.#it.store;
  }

  get #it(): Opened {
    if (this.#opened === undefined) throw new Error('the store is not open');
    return this.#opened;
  }

  async open(factory: Factory): Promise<void> {
    this.#opened = await factory.open();
  }

  async close(): Promise<void> {
    await this.#opened?.close();
    this.#opened = undefined;
  }

  nextTest(): void {
    this.#test++;
  }

  compact(revision: Revision): Promise<void> {
    return this.#it.compact(revision);
  }

  /** A key of the running test. */
  key(name = ''): string {
    return `/contract/${this.#run}/${this.#test}/${name}`;
  }

  /** Runs operations without a condition. */
  run(...then: readonly Operation[]): Promise<Outcome> {
    return this.store.transact({ resource: this.key(), compare: [], then, else: [] });
  }

  put(name: string, value = '', lease?: LeaseId): Promise<Outcome> {
    return this.run(put(this.key(name), value, lease));
  }

  delete(name: string): Promise<Outcome> {
    return this.run({ kind: 'delete', range: exactly(this.key(name)) });
  }

  async get(name: string): Promise<Entry | undefined> {
    const { entries } = await this.store.read({ range: exactly(this.key(name)) });
    return entries[0];
  }

  /** Whether the conditions are true. */
  async holds(...compare: readonly Compare[]): Promise<boolean> {
    const outcome = await this.store.transact({
      resource: this.key(),
      compare,
      then: [],
      else: [],
    });
    return outcome.succeeded;
  }

  async grant(ttlSeconds = 60): Promise<LeaseId> {
    const id = newLeaseId();
    await this.store.grant(id, ttlSeconds);
    return id;
  }

  async revision(): Promise<Revision> {
    return (await this.store.read({ range: exactly(this.key()) })).revision;
  }
}

export function newLeaseId(): LeaseId {
  return leaseIdFromBytes(randomBytes(8));
}

export function put(key: string, value = '', lease?: LeaseId): Put {
  return { kind: 'put', key, value, ...(lease === undefined ? undefined : { lease }) };
}

export function keysOf(result: ReadResult): string[] {
  return result.entries.map((entry) => entry.key);
}

/** The fault that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}
