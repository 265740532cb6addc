import { isFault } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import { absent, exactly } from '../../store/store.js';
import type { Compare, Operation, Put, Revision, Store } from '../../store/store.js';
import { Recent } from '../recent.js';
import { lastPutAt, put, readKey, transact } from '../transaction.js';

/** Namespaces whose last id is remembered. */
const CAPACITY = 1000;
/** A transaction has 32 operations; one of them puts the last id. */
const MOST_OPERATIONS = 31;
/** Characters of what goes together: what is large gains nothing by that. */
const MOST_CHARACTERS = 128 * 1024;
/** Once with what is remembered of the last id, and once with what was found. */
const TRIES = 2;

/** A document that is to be created. */
export interface Creation<T> {
  /** What must be so: its name is free, and its conditions are met. */
  readonly compares: readonly Compare[];
  /** What creates it, but for the sequence of ids. */
  operations(id: number): readonly Operation[];
  /** It was created together with others: what its caller is told. */
  created(id: number, revision: Revision): T;
  /** Creates it by itself, with the next id. */
  alone(): Promise<T>;
}

interface Waiting extends Pick<Creation<unknown>, 'compares'> {
  readonly operations: (id: number) => readonly Operation[];
  /** What it puts, but for the last id. */
  readonly puts: readonly Put[];
  readonly created: (id: number, revision: Revision) => void;
  readonly alone: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

interface LastId {
  readonly id: number;
  /** When it was given; 0: none was. */
  readonly revision: Revision;
}

/**
 * New documents of a namespace take the next ids, in the order of their creation. So of each namespace one transaction is under
 * way; those that come meanwhile are created by the next one, together. If they can't be, for the sake of one of them, they are
 * created one after the other.
 */
export class Creations {
  readonly #store: Store;
  readonly #layout: KeyLayout;
  /** By namespace; each is there as long as a creation in it is under way. As many as writes may wait. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** Only a guess, which is compared. */
  readonly #lastIds = new Recent<string, LastId>(CAPACITY);

  constructor({ store, layout }: { readonly store: Store; readonly layout: KeyLayout }) {
    this.#store = store;
    this.#layout = layout;
  }

  /** @returns what `created` or `alone` make of it. @throws Fault as `alone`, and as `Store.transact`. */
  create<T>(namespace: string, creation: Creation<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { compares } = creation;
      const waiting: Waiting = {
        compares,
        operations: (id) => creation.operations(id),
        puts: creation.operations(0).filter((operation) => operation.kind === 'put'),
        created: (id, revision) => resolve(creation.created(id, revision)),
        alone: () => creation.alone().then(resolve, reject),
        reject,
      };
      const others = this.#waiting.get(namespace);
      if (others !== undefined) {
        others.push(waiting);
        return;
      }
      this.#waiting.set(namespace, [waiting]);
      void this.#run(namespace);
    });
  }

  async #run(namespace: string): Promise<void> {
    for (;;) {
      const batch = this.#take(namespace);
      if (batch.length === 0) break;
      try {
        if (await this.#together(namespace, batch)) continue;
      } catch (error) {
        this.#fail(namespace, batch, error);
        continue;
      }
      for (const waiting of batch) await waiting.alone();
    }
    this.#waiting.delete(namespace);
  }

  /** Those who came first: as many as go together, and at least one. */
  #take(namespace: string): readonly Waiting[] {
    const waiting = this.#waiting.get(namespace) ?? [];
    const keys = new Set<string>();
    let [operations, characters] = [0, 0];
    const full = waiting.findIndex(({ puts }) => {
      operations += puts.length;
      for (const { key, value } of puts) {
        keys.add(key);
        characters += key.length + value.length;
      }
      // Two requests may have the same id: no key is put twice.
      const isTwice = keys.size < operations;
      return isTwice || operations > MOST_OPERATIONS || characters > MOST_CHARACTERS;
    });
    return waiting.splice(0, full === -1 ? waiting.length : Math.max(1, full));
  }

  /** @returns false if nothing was done; else each has its answer. @throws Fault as `Store.transact`. */
  async #together(namespace: string, batch: readonly Waiting[]): Promise<boolean> {
    const key = this.#layout.configs(namespace).sequence;
    for (let tries = 0; tries < TRIES; tries++) {
      const last = this.#lastIds.get(namespace) ?? { id: 0, revision: 0 };
      const now = readKey(key);
      const done = await transact(this.#store, {
        resource: key,
        compare: [
          last.revision === 0 ? absent(exactly(key)) : lastPutAt(key, last.revision),
          ...batch.flatMap(({ compares }) => compares),
        ],
        then: [
          ...batch.flatMap(({ operations }, index) => operations(last.id + 1 + index)),
          put(key, String(last.id + batch.length)),
        ],
        else: [now],
      });
      const { revision } = done;
      if (done.succeeded) {
        this.#lastIds.put(namespace, { id: last.id + batch.length, revision });
        batch.forEach(({ created }, index) => {
          created(last.id + 1 + index, revision);
        });
        return true;
      }
      const found = done.entry(now);
      if ((found?.modRevision ?? 0) === last.revision) return false;
      this.#lastIds.put(namespace, {
        id: Number(found?.value ?? 0) || 0,
        revision: found?.modRevision ?? 0,
      });
    }
    return false;
  }

  /** All of the batch are told. */
  #fail(namespace: string, batch: readonly Waiting[], error: unknown): void {
    // The store is out of reach, or does not keep up: whoever came later would only hear so later.
    const later = isFault(error, 'UNAVAILABLE') ? this.#waiting.get(namespace)?.splice(0) : [];
    for (const { reject } of [...batch, ...(later ?? [])]) reject(error);
  }
}
