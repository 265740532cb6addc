import type { IWatchCreateRequest, IWatchResponse } from 'etcd3';
import type { KeyRange, Revision, StoreEvent, WatchListener } from '../store.js';
import type { KeyValue } from './kv-messages.js';
import { toEntry, toNumber } from './wire.js';

/** One who asked for a watch. */
export interface Subscriber {
  readonly listener: WatchListener;
  /** It gets no event of an earlier revision. 0: it wants to know when its watch begins. */
  from: Revision;
  /** What it gets its events from, perhaps with others. */
  watching: Watching | undefined;
  /** False: it is not called any more. */
  isOpen: boolean;
}

/**
 * One watch of etcd, over all the streams that carry it in turn, for all who want what it tells. It resumes after the
 * last revision that it delivered in full; never after a response's header, which may be ahead of the events.
 */
export class Watching {
  readonly range: KeyRange;
  /** One from now on is of one subscriber, who wants to know when it begins. */
  readonly isShareable: boolean;
  readonly #subscribers = new Set<Subscriber>();
  /** 0: it begins where etcd says that it has begun. */
  #next: Revision;
  /** Events of one revision whose rest is still to come, in further fragments. */
  #partial: { readonly revision: Revision; readonly events: StoreEvent[] } | undefined;
  #isInStep = false;
  /** Its present ID on the wire, if it has one. */
  wireId: number | undefined;

  /** `from` 0: from now on. */
  constructor(range: KeyRange, from: Revision) {
    this.range = range;
    this.isShareable = from > 0;
    this.#next = from;
  }

  /** All events of earlier revisions are delivered. */
  get next(): Revision {
    return this.#next;
  }

  /** Whether etcd tells it each event as it happens; false: it may be catching up with the past. */
  get isInStep(): boolean {
    return this.#isInStep;
  }

  get isEmpty(): boolean {
    return this.#subscribers.size === 0;
  }

  /** How to go on, over a new stream or a new watch of it. */
  request(watchId: number): IWatchCreateRequest {
    this.#partial = undefined;
    this.#isInStep = false;
    return {
      key: Buffer.from(this.range.from),
      ...(this.range.to === undefined ? {} : { range_end: Buffer.from(this.range.to) }),
      start_revision: this.#next,
      watch_id: watchId,
      fragment: true,
      prev_kv: true,
    };
  }

  take(response: IWatchResponse): void {
    const storeRevision = toNumber(response.header.revision);
    if (response.created) this.#begin(storeRevision);
    for (const { type, kv, prev_kv: previous } of response.events) {
      const revision = toNumber(kv.mod_revision);
      if (revision < this.#next) continue;
      if (this.#partial !== undefined && this.#partial.revision !== revision) this.#deliver();
      this.#partial ??= { revision, events: [] };
      this.#partial.events.push(
        type === 'Delete' ? deletion(kv, previous) : { kind: 'put', entry: toEntry(kv) },
      );
    }
    if (response.fragment) return;
    // Else it catches up, and what follows is behind the store's revision.
    if (this.#partial?.revision === storeRevision) this.#isInStep = true;
    this.#deliver();
  }

  /** For one who wants no event before `next`. */
  add(subscriber: Subscriber): void {
    subscriber.watching = this;
    this.#subscribers.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    if (this.#subscribers.delete(subscriber)) subscriber.watching = undefined;
  }

  /** Lets all go, each with what it wants next. */
  removeAll(): readonly Subscriber[] {
    const all = [...this.#subscribers];
    for (const subscriber of all) {
      subscriber.from = Math.max(subscriber.from, this.#next);
      this.remove(subscriber);
    }
    return all;
  }

  /** The stream that carried it has broken. */
  interrupt(): void {
    // Those who come meanwhile have missed nothing.
    for (const subscriber of [...this.#subscribers]) {
      if (subscriber.isOpen) subscriber.listener.interrupted?.();
    }
  }

  /** If it wants nothing of the past, etcd counts it among those who have caught up. */
  #begin(storeRevision: Revision): void {
    this.#isInStep = this.#next === 0 || this.#next > storeRevision;
    if (this.#next > 0) return;
    this.#next = storeRevision + 1;
    for (const { listener } of this.#subscribers) listener.started?.(storeRevision);
  }

  #deliver(): void {
    const partial = this.#partial;
    this.#partial = undefined;
    if (partial === undefined) return;
    const { revision, events } = partial;
    this.#next = revision + 1;
    // They may leave meanwhile, and others may come, who want later ones.
    for (const { from, listener } of this.#subscribers) {
      if (from <= revision) listener.events(revision, events);
    }
  }
}

/** etcd leaves `prev_kv` out if it is compacted, which its types don't say. */
function deletion(kv: KeyValue, previous: KeyValue | null): StoreEvent {
  return {
    kind: 'delete',
    key: kv.key.toString(),
    ...(previous === null ? undefined : { previous: toEntry(previous) }),
  };
}
