import type { ConfigEvent } from '../../src/core/config-document.js';
import type { CounterEvent } from '../../src/core/counter.js';
import type { ElectionEvent } from '../../src/core/election.js';
import { keyLayout } from '../../src/core/keys.js';
import type { LockEvent } from '../../src/core/lock.js';
import { changesIn } from '../../src/service/config/events.js';
import type { Entry, Revision, Store, StoreEvent, Watch } from '../../src/store/store.js';

const LAYOUT = keyLayout();

/** What a watch must tell of one revision: lines in any order. */
export interface True {
  readonly revision: Revision;
  readonly lines: readonly string[];
}

type Entries = ReadonlyMap<string, Entry>;

/** One message of a watch: a whole state, which says from where on changes follow, or a change. */
export type Told =
  | { readonly kind: 'state'; readonly revision: Revision; readonly content: readonly string[] }
  | { readonly kind: 'change'; readonly revision: Revision; readonly line: string };

/** Of one thing that is watched: what the store wrote, and what a watch told of it, in the same words. */
export interface Lines<E> {
  /** What changed at a revision. */
  changes(events: readonly StoreEvent[]): string[];
  /** What there is, of all that is in the store. */
  content(entries: Entries): string[];
  /** Undefined: a part of a state, whose end will tell all of it. */
  told(event: E, isFirst: boolean): Told | undefined;
}

/** All that was written, by one watch of everything: what the watches of the services are held to. */
export class Truth {
  readonly #batches: { readonly revision: Revision; readonly events: readonly StoreEvent[] }[] = [];
  readonly #watch: Watch;

  /** `store` is new. */
  constructor(store: Store) {
    const range = { from: '/shared-lock.v1/', to: '/shared-lock0' };
    this.#watch = store.watch(range, 1, {
      events: (revision, events) => this.#batches.push({ revision, events }),
      ended: ({ reason }) => {
        if (reason !== 'closed') throw new Error(`the truth is lost: ${reason}`);
      },
    });
  }

  get revision(): Revision {
    return this.#batches.at(-1)?.revision ?? 0;
  }

  close(): void {
    this.#watch.close();
  }

  /**
   * What is wrong with what was told, over all streams of a watcher that resumed: each state is that of its revision, and after it
   * comes every change once, in order. What the last revision still lacks is not wrong. Undefined: nothing is.
   */
  wrongIn<E>(lines: Lines<E>, told: readonly Told[]): string | undefined {
    const due = this.#due(lines);
    let at = 0;
    let open: string[] = [];
    for (const message of told) {
      if (message.kind === 'state') {
        const wrong = this.#wrongState(lines, message, due[at - 1]?.revision ?? 0);
        if (wrong !== undefined) return wrong;
        const next = due.findIndex(({ revision }) => revision > message.revision);
        at = next < 0 ? due.length : next;
        open = [];
        continue;
      }
      if (open.length === 0) open = [...(due[at++]?.lines ?? [])];
      const revision = due[at - 1]?.revision ?? 0;
      const place = open.indexOf(message.line);
      // Of several documents of one revision all but the last have the one before.
      if (place < 0 || ![revision, revision - 1].includes(message.revision)) {
        return `${message.revision} ${message.line} was told; due was ${revision} ${open.join(', ')}`;
      }
      open.splice(place, 1);
    }
    return undefined;
  }

  #wrongState<E>(
    lines: Lines<E>,
    { revision, content }: Extract<Told, { kind: 'state' }>,
    last: Revision,
  ): string | undefined {
    if (revision < last) return `back in time: a state of ${revision} after ${last}`;
    const wanted = lines.content(this.#entriesAt(revision)).sort().join(', ');
    const has = [...content].sort().join(', ');
    return has === wanted
      ? undefined
      : `the state of ${revision} is [${wanted}], but [${has}] was told`;
  }

  #due<E>(lines: Lines<E>): True[] {
    return this.#batches.flatMap(({ revision, events }) => {
      const changes = lines.changes(events);
      return changes.length === 0 ? [] : [{ revision, lines: changes }];
    });
  }

  #entriesAt(last: Revision): Entries {
    const entries = new Map<string, Entry>();
    for (const { revision, events } of this.#batches) {
      if (revision > last) break;
      for (const event of events) {
        if (event.kind === 'put') entries.set(event.entry.key, event.entry);
        else entries.delete(event.key);
      }
    }
    return entries;
  }
}

export function lockLines(name: string): Lines<LockEvent> {
  const { held, shared, permit, queue } = LAYOUT.lock;
  const holds = (key: string): boolean =>
    key === held(name) || key.startsWith(shared(name)) || key.startsWith(permit(name));
  const waits = (key: string): boolean => key.startsWith(queue(name));
  return {
    changes: (events) =>
      events.flatMap((event) => {
        const key = keyOf(event);
        if (event.kind === 'delete') {
          if (waits(key)) return ['DEQUEUED'];
          return holds(key) ? [`RELEASED ${event.previous?.createRevision ?? 0}`] : [];
        }
        if (waits(key)) return ['QUEUED'];
        const { version, createRevision } = event.entry;
        return holds(key) && version === 1 ? [`ACQUIRED ${createRevision}`] : [];
      }),
    content: (entries) => [
      ...[...entries.values()].flatMap((e) => (holds(e.key) ? [`held ${e.createRevision}`] : [])),
      `${[...entries.keys()].filter(waits).length} wait`,
    ],
    told: (event) => {
      const { kind, revision } = event;
      if ('lock' in event) {
        const { holders, waiterCount } = event.lock;
        const content = holders.map(({ fencingToken }) => `held ${fencingToken}`);
        return { kind: 'state', revision, content: [...content, `${waiterCount} wait`] };
      }
      const line = 'holder' in event ? `${kind} ${event.holder.fencingToken}` : kind;
      return { kind: 'change', revision, line };
    },
  };
}

export function electionLines(name: string): Lines<ElectionEvent> {
  const { held, holder } = LAYOUT.election;
  return {
    changes: (events) => {
      const seat = events.find((event) => keyOf(event) === held(name));
      if (seat === undefined) return [];
      if (seat.kind === 'delete') return [`VACATED ${seat.previous?.createRevision ?? 0}`];
      const { version, createRevision, value } = seat.entry;
      if (version === 1) return [`ELECTED ${createRevision} ${value}`];
      const isProclaimed = events.some((event) => keyOf(event) === holder(name));
      return isProclaimed ? [`PROCLAIMED ${createRevision} ${value}`] : [];
    },
    content: (entries) => {
      const seat = entries.get(held(name));
      return seat === undefined ? [] : [`${seat.createRevision} ${seat.value}`];
    },
    told: (event) => {
      const { kind, revision } = event;
      if ('election' in event) {
        const { leader } = event.election;
        const content = leader === undefined ? [] : [`${leader.term} ${leader.value}`];
        return { kind: 'state', revision, content };
      }
      const { term, value } = event.leader;
      const line = kind === 'VACATED' ? `${kind} ${term}` : `${kind} ${term} ${value}`;
      return { kind: 'change', revision, line };
    },
  };
}

export function counterLines(name: string): Lines<CounterEvent> {
  const key = LAYOUT.counter(name);
  return {
    changes: (events) =>
      events
        .filter((event) => keyOf(event) === key)
        .map((event) => (event.kind === 'put' ? event.entry.value : '0')),
    content: (entries) => [entries.get(key)?.value ?? '0'],
    told: ({ revision, value, resync }, isFirst) =>
      resync === true || isFirst
        ? { kind: 'state', revision, content: [String(value)] }
        : { kind: 'change', revision, line: String(value) },
  };
}

export function configLines(namespace: string): Lines<ConfigEvent> {
  const keys = LAYOUT.configs(namespace);
  let documents = new Map<string, number>();
  return {
    changes: (events) =>
      changesIn(keys, events).map(({ name, head }) =>
        head === undefined ? `DELETED ${name}` : `PUT ${name} ${head.version}`,
      ),
    content: (entries) =>
      [...entries.values()]
        .filter(({ key }) => key.startsWith(keys.headRoot))
        .map(({ key, modRevision }) => `${key.slice(keys.headRoot.length)} ${modRevision}`),
    told: (event, isFirst) => {
      const { kind, revision } = event;
      if (isFirst || kind === 'RESYNC') documents = new Map();
      if (kind === 'RESYNC') return undefined;
      if (kind === 'SYNCED') {
        return { kind: 'state', revision, content: [...documents].map((one) => one.join(' ')) };
      }
      const name = kind === 'PUT' ? event.config.name : event.name;
      if (kind === 'PUT') documents.set(name, event.config.revision);
      else documents.delete(name);
      // The documents of the beginning: SYNCED ends them.
      if (revision === 0) return undefined;
      const line = kind === 'PUT' ? `PUT ${name} ${event.config.version}` : `DELETED ${name}`;
      return { kind: 'change', revision, line };
    },
  };
}

function keyOf(event: StoreEvent): string {
  return event.kind === 'put' ? event.entry.key : event.key;
}
