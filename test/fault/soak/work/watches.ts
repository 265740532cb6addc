import type { Client } from '../../../../src/index.js';
import type {
  ConfigChange,
  CounterState,
  ElectionEvent,
  LockEvent,
} from '../../../../src/index.js';
import type { Thing, Told } from '../events.js';
import { failureOf } from './operations.js';
import { COUNTERS, DOCUMENTS, ELECTIONS, LOCKS, NAMESPACE, pause, type Work } from './work.js';

const SHORTEST_MS = 500;
const LONGEST_MS = 8000;

/** Changes that were missed are marked. */
type ToldCounter = CounterState & { readonly resync?: boolean };

/** Watches one thing by one client, from a revision on. */
type Watcher = (client: Client, fromRevision: number, signal: AbortSignal) => AsyncIterable<Told>;

/** Watches all things, each again and again for a while; records what each watch tells. */
export class Watches {
  readonly #work: Work;
  /** By thing, what its watch has told last. */
  readonly #reached = new Map<Thing, number>();
  readonly #leaving = new AbortController();
  #isSettling = false;
  #count = 0;

  constructor(work: Work) {
    this.#work = work;
  }

  async run(): Promise<void> {
    await Promise.all(watchers().map(([thing, watcher]) => this.#watch(thing, watcher)));
  }

  /** From now on no watch is left. Resolves once each has told of the revision of its thing, or the time is over. */
  async settle(revisions: Readonly<Record<Thing, number>>, boundMs: number): Promise<void> {
    this.#isSettling = true;
    const untilMs = performance.now() + boundMs;
    const isBehind = ([thing, revision]: [Thing, number]): boolean =>
      (this.#reached.get(thing) ?? 0) < revision;
    while (performance.now() < untilMs && Object.entries(revisions).some(isBehind)) await pause(20);
  }

  end(): void {
    this.#leaving.abort();
  }

  async #watch(thing: Thing, watcher: Watcher): Promise<void> {
    const { random } = this.#work;
    let last = 0;
    while (!this.#leaving.signal.aborted) {
      // As is said of watches of locks: several events can have one revision, so the one before it is named.
      const fromRevision = last > 1 && random.chance(0.6) ? last - 1 : 0;
      last = await this.#watchOnce(thing, watcher, fromRevision);
      await pause(random.between(0, 300));
    }
  }

  /** @returns the revision of the last event, as far as it is known. */
  async #watchOnce(thing: Thing, watcher: Watcher, fromRevision: number): Promise<number> {
    const { recorder, random, client } = this.#work;
    const watch = `${recorder.who}~${++this.#count}`;
    const left = new AbortController();
    const timer = setTimeout(
      () => {
        if (!this.#isSettling) left.abort();
      },
      random.between(SHORTEST_MS, LONGEST_MS),
    );
    const signal = AbortSignal.any([left.signal, this.#leaving.signal]);
    let last = fromRevision;
    recorder.record({ kind: 'watching', watch, thing, fromRevision });
    this.#reached.delete(thing);
    try {
      for await (const told of watcher(client(), fromRevision, signal)) {
        recorder.record({ kind: 'told', watch, told });
        if (told.what === 'PART') continue;
        last = told.revision;
        this.#reached.set(thing, told.revision);
      }
      recorder.record({ kind: 'unwatched', watch });
    } catch (error) {
      recorder.record({ kind: 'unwatched', watch, error: failureOf(error) });
    } finally {
      clearTimeout(timer);
    }
    return last;
  }
}

function watchers(): (readonly [Thing, Watcher])[] {
  return [
    ...LOCKS.map((name) => [`lock:${name}`, watchLock(name)] as const),
    ...ELECTIONS.map((name) => [`election:${name}`, observe(name)] as const),
    ...COUNTERS.map((name) => [`counter:${name}`, watchCounter(name)] as const),
    ...DOCUMENTS.map((name) => [`document:${name}`, watchDocument(name)] as const),
  ];
}

function watchLock(name: string): Watcher {
  return (client, fromRevision, signal) =>
    mapped(client.locks.watch(name, { fromRevision, signal }), toldOfLock);
}

function observe(name: string): Watcher {
  return (client, fromRevision, signal) =>
    mapped(client.election(name).observe({ fromRevision, signal }), toldOfElection);
}

function watchCounter(name: string): Watcher {
  return (client, fromRevision, signal) => {
    // The first is the value of now, unless it goes on from a revision.
    let isState = fromRevision === 0;
    return mapped(client.counter(name).watch({ fromRevision, signal }), (counter) => {
      const told = toldOfCounter(counter, isState);
      isState = false;
      return told;
    });
  };
}

function watchDocument(name: string): Watcher {
  return (client, fromRevision, signal) =>
    mapped(client.configs(NAMESPACE).watch({ name, fromRevision, signal }), (change) =>
      toldOfDocument(change, `document:${name}`),
    );
}

async function* mapped<T>(
  source: AsyncIterable<T>,
  told: (item: T) => Told,
): AsyncGenerator<Told, void, undefined> {
  for await (const item of source) yield told(item);
}

function toldOfLock(event: LockEvent): Told {
  const { kind: what, revision } = event;
  switch (event.kind) {
    case 'STATE':
    case 'RESYNC':
      return { what, revision, subject: '' };
    case 'ACQUIRED':
      return { what, revision, subject: String(event.holder.fencingToken) };
    case 'RELEASED': {
      const { cause } = event.end;
      return { what, revision, cause, subject: String(event.holder.fencingToken) };
    }
    default:
      return { what, revision, subject: event.waiter.owner };
  }
}

function toldOfElection(event: ElectionEvent): Told {
  const { kind: what, revision } = event;
  return { what, revision, subject: 'leader' in event ? String(event.leader.term) : '' };
}

function toldOfCounter({ value, revision, resync = false }: ToldCounter, isState: boolean): Told {
  if (resync) return { what: 'RESYNC', revision, subject: '' };
  return isState
    ? { what: 'STATE', revision, subject: '' }
    : { what: 'VALUE', revision, subject: String(value) };
}

function toldOfDocument(change: ConfigChange, subject: string): Told {
  const { kind: what, revision } = change;
  if (change.kind === 'PUT' && revision === 0) {
    return { what: 'PART', revision: change.config.revision, subject };
  }
  return { what, revision, subject: what === 'PUT' || what === 'DELETED' ? subject : '' };
}
