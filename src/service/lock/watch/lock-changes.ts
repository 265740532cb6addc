import type { LockKeys } from '../../../core/keys.js';
import type { LockMode } from '../../../core/lock.js';
import { History } from '../../../store/history.js';
import { prefixed, type KeyRange, type Revision } from '../../../store/store.js';
import type { Store, StoreEvent, Watch, WatchListener } from '../../../store/store.js';
import type { SubjectEnd, SubjectListener } from '../../follow.js';

/** What is kept for those who come a little late. */
const KEPT = { events: 4096, characters: 4 * 1024 * 1024 };
/** Watches of the store that may be catching up at a time, beside the one that has. */
const MAX_RUNS = 4;

/** Which of a lock's keys: what holds it, by mode, or its queue. */
export type LockPart = LockMode | 'queue';

interface Subscriber {
  readonly ranges: LockRanges;
  readonly listener: SubjectListener;
  /** It gets no event of an earlier revision. */
  from: Revision;
  run: Run | undefined;
  isOpen: boolean;
}

/** Those who watch one lock, in one run. */
type Topic = Set<Subscriber>;

interface LockRanges {
  /** The exclusive lock's key. */
  readonly key: string;
  readonly prefixes: readonly string[];
}

/**
 * The events of single locks, in order of revision. The keys of a lock lie in four ranges, and watches of several
 * ranges tell each in order, but not one after the other: a later event of one comes before an earlier one of another, when they catch
 * up with the past, and in etcd also when its stream is full. So all who watch a lock share watches of one range that
 * has the keys of all locks, and little else (D31).
 *
 * A _run_ is such a watch. One that begins further back than what the others keep gets a run of its own, until that has
 * caught up with what another keeps: then its subscribers go on there.
 */
export class LockChanges {
  readonly #store: Store;
  readonly #keys: LockKeys;
  readonly #range: KeyRange;
  readonly #runs = new Set<Run>();

  constructor(store: Store, keys: LockKeys) {
    this.#store = store;
    this.#keys = keys;
    this.#range = rangeOf(keys);
  }

  /** As the port's watch has it, of the keys of one lock. */
  watch(name: string, from: Revision, listener: SubjectListener): Watch {
    const subscriber: Subscriber = {
      ranges: this.#rangesOf(name),
      listener,
      from,
      run: undefined,
      isOpen: true,
    };
    // The listener is not called before this has returned.
    queueMicrotask(() => {
      this.#join(subscriber);
    });
    return {
      close: () => {
        subscriber.isOpen = false;
        this.#leave(subscriber);
      },
    };
  }

  /** Which of the lock's keys it is. */
  partOf(key: string): LockPart {
    if (key.startsWith(this.#keys.queueRoot)) return 'queue';
    if (key.startsWith(this.#keys.sharedRoot)) return 'SHARED';
    return key.startsWith(this.#keys.permitRoot) ? 'SEMAPHORE' : 'EXCLUSIVE';
  }

  #rangesOf(name: string): LockRanges {
    const keys = this.#keys;
    return {
      key: keys.held(name),
      prefixes: [keys.shared(name), keys.permit(name), keys.queue(name)],
    };
  }

  /** In the run that is farthest of those which have all that it wants, else in a new one. */
  #join(subscriber: Subscriber): void {
    if (!subscriber.isOpen) return;
    const able = [...this.#runs].filter((run) => run.has(subscriber.from));
    const [farthest] = able.sort((a, b) => b.next - a.next);
    if (farthest !== undefined) {
      farthest.add(subscriber);
      return;
    }
    if (this.#runs.size > MAX_RUNS) {
      end(subscriber, { reason: 'behind' });
      return;
    }
    const run = new Run(subscriber.from);
    this.#runs.add(run);
    run.add(subscriber);
    run.watch = this.#store.watch(this.#range, subscriber.from, this.#listenerOf(run));
  }

  #leave(subscriber: Subscriber): void {
    const { run } = subscriber;
    run?.remove(subscriber);
    if (run?.isEmpty === true) this.#close(run);
  }

  #close(run: Run): void {
    this.#runs.delete(run);
    run.watch?.close();
  }

  #listenerOf(run: Run): WatchListener {
    return {
      events: (revision, events) => {
        run.take(revision, events);
        const ahead = [...this.#runs].find((other) => other !== run && other.goesOnFrom(run));
        if (ahead === undefined) return;
        for (const subscriber of run.removeAll()) ahead.add(subscriber);
        this.#close(run);
      },
      ended: (why) => {
        this.#runs.delete(run);
        const lostThrough = why.reason === 'compacted' ? why.compactRevision : Infinity;
        // In order, so that those who go on can share a run again.
        for (const subscriber of [...run.removeAll()].sort((a, b) => a.from - b.from)) {
          if (subscriber.from > lostThrough) this.#join(subscriber);
          else end(subscriber, why);
        }
      },
    };
  }
}

/** One watch of the store, and those who get their events from it. */
class Run {
  watch: Watch | undefined;
  #next: Revision;
  readonly #kept: History;
  /** By the exclusive lock's key; by the prefixes of the others. */
  readonly #byKey = new Map<string, Topic>();
  readonly #byPrefix = new Map<string, Topic>();

  constructor(from: Revision) {
    this.#next = from;
    this.#kept = new History(KEPT, from - 1);
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** All events of earlier revisions are told. */
  get next(): Revision {
    return this.#next;
  }

  /** Whether it has, or will be told, all events from a revision on. */
  has(from: Revision): boolean {
    return from > this.#kept.lostThrough;
  }

  /** Whether it has told all that the other one has, and can tell what follows. */
  goesOnFrom(other: Run): boolean {
    return this.#next >= other.#next && this.has(other.#next);
  }

  add(subscriber: Subscriber): void {
    subscriber.run = this;
    const { key, prefixes } = subscriber.ranges;
    const topic = this.#byKey.get(key) ?? new Set();
    topic.add(subscriber);
    this.#byKey.set(key, topic);
    for (const prefix of prefixes) this.#byPrefix.set(prefix, topic);
    for (const { revision, events } of this.#kept.since(subscriber.from)) {
      const its = events.filter((event) => this.#topicOf(event) === topic);
      if (its.length > 0) tell(subscriber, revision, its);
    }
    subscriber.from = Math.max(subscriber.from, this.#next);
  }

  remove(subscriber: Subscriber): void {
    subscriber.run = undefined;
    const { key, prefixes } = subscriber.ranges;
    const topic = this.#byKey.get(key);
    if (topic?.delete(subscriber) !== true || topic.size > 0) return;
    this.#byKey.delete(key);
    for (const prefix of prefixes) this.#byPrefix.delete(prefix);
  }

  /** Lets all go, each with what it wants next. */
  removeAll(): readonly Subscriber[] {
    const all = [...this.#byKey.values()].flatMap((topic) => [...topic]);
    for (const subscriber of all) {
      subscriber.from = Math.max(subscriber.from, this.#next);
      this.remove(subscriber);
    }
    return all;
  }

  take(revision: Revision, events: readonly StoreEvent[]): void {
    this.#next = revision + 1;
    this.#kept.add({ revision, events });
    const told = new Map<Topic, StoreEvent[]>();
    for (const event of events) {
      const topic = this.#topicOf(event);
      if (topic === undefined) continue;
      const its = told.get(topic);
      if (its === undefined) told.set(topic, [event]);
      else its.push(event);
    }
    // They are given the same array, and so can share what they make of it.
    for (const [topic, its] of told) {
      for (const subscriber of topic) tell(subscriber, revision, its);
    }
  }

  #topicOf(event: StoreEvent): Topic | undefined {
    const key = event.kind === 'put' ? event.entry.key : event.key;
    // No key below a prefix has a further slash.
    return this.#byKey.get(key) ?? this.#byPrefix.get(key.slice(0, key.lastIndexOf('/') + 1));
  }
}

function tell(subscriber: Subscriber, revision: Revision, events: readonly StoreEvent[]): void {
  if (!subscriber.isOpen || subscriber.from > revision) return;
  subscriber.from = revision + 1;
  subscriber.listener.events(revision, events);
}

function end(subscriber: Subscriber, why: SubjectEnd): void {
  if (!subscriber.isOpen) return;
  subscriber.isOpen = false;
  subscriber.listener.ended(why);
}

/** One range that has the keys of all locks: from the first of their roots to the end of the last one. */
function rangeOf(keys: LockKeys): KeyRange {
  const roots = [keys.heldRoot, keys.sharedRoot, keys.permitRoot, keys.queueRoot].sort();
  const [first = ''] = roots;
  return { from: first, to: prefixed(roots.at(-1) ?? first).to ?? '' };
}
