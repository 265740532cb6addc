import type { Clock } from '../../clock/clock.js';
import { spaceReached } from '../../core/access/space.js';
import type { ConfigName } from '../../core/config-document.js';
import type { ConfigKeys } from '../../core/keys.js';
import { absent, exactly, prefixed } from '../../store/store.js';
import type { Compare, Entry, Put, Revision, Store } from '../../store/store.js';
import { mapConcurrently } from '../map-concurrently.js';
import { Recent } from '../recent.js';
import { Serial } from '../serial.js';
import { lastPutAt, put, transact } from '../transaction.js';
import type { Change } from './change.js';
import { nameIn } from './list.js';
import { readBytes, readHead } from './records.js';
import type { Snapshot } from './snapshot.js';
import { weigh, weightOf, type WeighParts } from './weight.js';

/** A daemon counts a namespace anew when it writes there and has not done so for this long, … */
const RECOUNT_MS = 600_000;
/** … and, for this long, before it refuses anything. */
const RECHECK_MS = 10_000;
/** Others may write while it is counted. */
const TRIES = 3;
/** Namespaces of which it is known when they were counted. */
const NAMESPACES = 1000;
/** Documents of which it is known what they take, though their heads don't say so. */
const DOCUMENTS = 10_000;
/** Heads that are read at a time. */
const PAGE = 500;
/** Documents whose texts are read at a time, up to 8 MiB of each. */
const AT_ONCE = 4;

/** What the record of a namespace says. */
export interface Taken {
  /** Undefined: there is no record that can be read. */
  readonly bytes: number | undefined;
  readonly modRevision: Revision;
}

/** A change that is to be made, and how much the namespace may take. */
export interface Asked {
  readonly at: ConfigName;
  readonly limit: number;
  readonly snapshot: Snapshot;
  readonly change: Change;
  readonly taken: Taken;
}

/** What belongs into the transaction that makes a change. */
export interface Counted {
  readonly change: Change;
  readonly compares: readonly Compare[];
  readonly puts: readonly Put[];
}

/**
 * What the documents of namespaces take of the store, where a policy limits that. A record for each namespace is compared and put by the
 * transaction that writes a document, whose head says what the document takes: so a crash leaves no difference, and it is one count for all
 * daemons of the store. A daemon writes to one namespace one after the other; so its writes fail only for the sake of other daemons.
 *
 * Those who don't count leave a difference: daemons of an earlier version, or without such a policy, and etcd without space for the record. They
 * leave what the document takes out of its head, too. So the namespace is counted anew from its heads: from time to time, and before a write
 * is refused.
 */
export class ConfigSpace {
  readonly #parts: WeighParts & { readonly store: Store; readonly clock: Clock };
  /** By namespace. */
  readonly #turns = new Serial();
  /** When, on the monotonic clock. */
  readonly #countedAtMs = new Recent<string, number>(NAMESPACES);
  /** By the keys of heads. As long as a head is not put, its document takes the same. */
  readonly #weights = new Recent<string, { revision: Revision; bytes: number }>(DOCUMENTS);

  constructor(parts: WeighParts & { readonly store: Store; readonly clock: Clock }) {
    this.#parts = parts;
  }

  /** Runs what writes to the namespace, when it is its turn. */
  async inTurn<T>(namespace: string, write: (taken: Taken) => Promise<T>): Promise<T> {
    const leave = await this.#turns.enter(namespace);
    try {
      // Without space for it all goes on: it may be a deletion.
      if (this.#ageMs(namespace) >= RECOUNT_MS) await this.#recount(namespace, true);
      return await write(await this.#taken(namespace));
    } finally {
      leave();
    }
  }

  /**
   * To be asked in the turn of the namespace. What takes no more than before is never refused.
   * @returns undefined if the namespace was counted anew: look again.
   * @throws Fault RESOURCE_EXHAUSTED (QUOTA_SPACE).
   */
  async count({ at, limit, snapshot, change, taken }: Asked): Promise<Counted | undefined> {
    const { namespace } = at;
    const { before, after } = await weigh(this.#parts, at, snapshot, change);
    const counted = change.kind === 'put' ? { ...change, bytes: after } : change;
    const more = after - before;
    // What gives room back never waits for a record.
    if (more === 0 || (more < 0 && taken.bytes === undefined)) {
      return { change: counted, compares: [], puts: [] };
    }
    if (taken.bytes === undefined) return this.#recount(namespace, false);
    if (more > 0 && taken.bytes + more > limit) {
      if (this.#ageMs(namespace) >= RECHECK_MS) return this.#recount(namespace, false);
      throw spaceReached(namespace, taken.bytes, limit, more);
    }
    const key = this.#keys(namespace).space;
    return {
      change: counted,
      compares: [unchanged(key, taken)],
      puts: [putTaken(key, Math.max(0, taken.bytes + more))],
    };
  }

  #keys(namespace: string): ConfigKeys {
    return this.#parts.layout.configs(namespace);
  }

  async #taken(namespace: string): Promise<Taken> {
    const range = exactly(this.#keys(namespace).space);
    const [entry] = (await this.#parts.store.read({ range })).entries;
    return { bytes: readBytes(entry), modRevision: entry?.modRevision ?? 0 };
  }

  #ageMs(namespace: string): number {
    return this.#parts.clock.now() - (this.#countedAtMs.get(namespace) ?? -Infinity);
  }

  /** If others write there all the time, what they have counted is left as it is, until the next time. */
  async #recount(namespace: string, frees: boolean): Promise<undefined> {
    const { store, clock } = this.#parts;
    const key = this.#keys(namespace).space;
    for (let tries = 0; tries < TRIES; tries++) {
      // Before the documents: what is counted of them meanwhile changes it.
      const taken = await this.#taken(namespace);
      const bytes = await this.#sum(this.#keys(namespace));
      if (bytes === taken.bytes) break;
      const done = await transact(store, {
        resource: key,
        frees,
        compare: [unchanged(key, taken)],
        then: [putTaken(key, bytes)],
      });
      if (done.succeeded) break;
    }
    this.#countedAtMs.put(namespace, clock.now());
    return undefined;
  }

  async #sum(keys: ConfigKeys): Promise<number> {
    const { store } = this.#parts;
    let bytes = 0;
    let range = prefixed(keys.headRoot);
    for (;;) {
      const { entries, more } = await store.read({ range, limit: PAGE });
      const weights = await mapConcurrently(entries, AT_ONCE, async (entry) => {
        return readBytes(entry) ?? (await this.#weightOf(keys, entry));
      });
      bytes += weights.reduce((sum, weight) => sum + weight, 0);
      const last = entries.at(-1);
      if (!more || last === undefined) return bytes;
      range = { ...range, from: `${last.key}\0` };
    }
  }

  /** Of a document whose head does not say it. */
  async #weightOf(keys: ConfigKeys, head: Entry): Promise<number> {
    const { key, modRevision: revision } = head;
    const known = this.#weights.get(key);
    if (known?.revision === revision) return known.bytes;
    const name = nameIn(key.slice(keys.headRoot.length));
    // Another program put it there.
    if (name === undefined) return 0;
    const bytes = await weightOf(this.#parts, keys, name, readHead(head)?.hasSchema);
    this.#weights.put(key, { revision, bytes });
    return bytes;
  }
}

function unchanged(key: string, { modRevision }: Taken): Compare {
  return modRevision === 0 ? absent(exactly(key)) : lastPutAt(key, modRevision);
}

function putTaken(key: string, bytes: number): Put {
  return put(key, JSON.stringify({ bytes }));
}
