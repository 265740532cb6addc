import { inRange } from '../apply.js';
import type { KeyRange, Revision, StoreEvent, Watch, WatchEnd, WatchListener } from '../store.js';
import type { Batch, History } from '../history.js';

/** Those who watch the same. They are given the same events, the very same array. */
interface Group {
  readonly range: KeyRange;
  readonly watchers: Set<Watcher>;
}

interface Watcher {
  readonly range: KeyRange;
  readonly from: Revision;
  readonly listener: WatchListener;
  open: boolean;
}

/**
 * Hands events to those who watch. Every call of a listener goes through one queue that a microtask empties:
 * so none comes before `watch` has returned, and none from inside a transaction.
 */
export class Watchers {
  readonly #history: History;
  /** Most watches are of one key, and are found by it. */
  readonly #ofKeys = new Map<string, Group>();
  /** The others, by both ends. */
  readonly #ofRanges = new Map<string, Group>();
  #calls: (() => void)[] = [];
  #scheduled = false;

  constructor(history: History) {
    this.#history = history;
  }

  open(range: KeyRange, from: Revision, listener: WatchListener): Watch {
    const watcher: Watcher = { range, from, listener, open: true };
    if (from <= this.#history.lostThrough) {
      this.#end(watcher, { reason: 'compacted', compactRevision: this.#history.lostThrough });
      return this.#handle(watcher);
    }
    for (const { revision, events } of this.#history.since(from)) {
      const inside = events.filter((event) => inRange(keyOf(event), range));
      this.#deliver(watcher, revision, inside);
    }
    this.#register(watcher);
    return this.#handle(watcher);
  }

  /** A watch of what comes after `revision`, the newest that is shown. */
  openAfter(range: KeyRange, revision: Revision, listener: WatchListener): Watch {
    const watcher: Watcher = { range, from: revision + 1, listener, open: true };
    this.#schedule(() => {
      if (watcher.open) listener.started?.(revision);
    });
    this.#register(watcher);
    return this.#handle(watcher);
  }

  /** Events of one revision, now to be seen by all. */
  publish(batch: Batch): void {
    this.#history.add(batch);
    const found = new Map<Group, StoreEvent[]>();
    for (const event of batch.events) {
      const key = keyOf(event);
      const ofKey = this.#ofKeys.get(key);
      if (ofKey !== undefined) collect(found, ofKey, event);
      for (const group of this.#ofRanges.values()) {
        if (inRange(key, group.range)) collect(found, group, event);
      }
    }
    for (const [{ watchers }, events] of found) {
      for (const watcher of watchers) {
        if (batch.revision >= watcher.from) this.#deliver(watcher, batch.revision, events);
      }
    }
  }

  /** Ends all watches. */
  endAll(end: WatchEnd): void {
    const groups = [...this.#ofRanges.values(), ...this.#ofKeys.values()];
    for (const watcher of groups.flatMap(({ watchers }) => [...watchers])) this.#end(watcher, end);
  }

  #handle(watcher: Watcher): Watch {
    return {
      close: () => {
        watcher.open = false;
        this.#unregister(watcher);
      },
    };
  }

  #register(watcher: Watcher): void {
    const [groups, id] = this.#placeOf(watcher.range);
    const group = groups.get(id);
    if (group !== undefined) group.watchers.add(watcher);
    else groups.set(id, { range: watcher.range, watchers: new Set([watcher]) });
  }

  #unregister(watcher: Watcher): void {
    const [groups, id] = this.#placeOf(watcher.range);
    const group = groups.get(id);
    if (group?.watchers.delete(watcher) === true && group.watchers.size === 0) groups.delete(id);
  }

  #placeOf({ from, to }: KeyRange): readonly [Map<string, Group>, string] {
    return to === undefined ? [this.#ofKeys, from] : [this.#ofRanges, JSON.stringify([from, to])];
  }

  #deliver(watcher: Watcher, revision: Revision, events: readonly StoreEvent[]): void {
    if (events.length === 0) return;
    this.#schedule(() => {
      if (watcher.open) watcher.listener.events(revision, events);
    });
  }

  #end(watcher: Watcher, end: WatchEnd): void {
    this.#unregister(watcher);
    this.#schedule(() => {
      if (!watcher.open) return;
      watcher.open = false;
      watcher.listener.ended(end);
    });
  }

  #schedule(call: () => void): void {
    this.#calls.push(call);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#run();
    });
  }

  #run(): void {
    const calls = this.#calls;
    this.#calls = [];
    this.#scheduled = false;
    let done = 0;
    try {
      for (const call of calls) {
        done++;
        call();
      }
    } finally {
      // A listener that throws is a defect and surfaces as such; the others still get their events.
      const rest = calls.slice(done);
      if (rest.length > 0) {
        const later = this.#calls;
        this.#calls = [];
        for (const call of [...rest, ...later]) this.#schedule(call);
      }
    }
  }
}

function keyOf(event: StoreEvent): string {
  return event.kind === 'put' ? event.entry.key : event.key;
}

function collect(found: Map<Group, StoreEvent[]>, group: Group, event: StoreEvent): void {
  const events = found.get(group);
  if (events === undefined) found.set(group, [event]);
  else events.push(event);
}
