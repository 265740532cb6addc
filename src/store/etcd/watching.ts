import type { IWatchCreateRequest, IWatchResponse } from 'etcd3';
import type { KeyRange, Revision, StoreEvent, WatchEnd, WatchListener } from '../store.js';
import type { KeyValue } from './kv-messages.js';
import { toEntry, toNumber } from './wire.js';

/**
 * One watch, over all the streams that carry it in turn. It resumes after the last revision that it delivered
 * in full; never after a response's header, which may be ahead of the events.
 */
export class Watching {
  readonly #range: KeyRange;
  readonly #listener: WatchListener;
  /** 0: it begins where etcd says that it has begun. */
  #next: Revision;
  /** Events of one revision whose rest is still to come, in further fragments. */
  #partial: { readonly revision: Revision; readonly events: StoreEvent[] } | undefined;
  #open = true;
  /** Its present ID on the wire, if it has one. */
  wireId: number | undefined;

  constructor(range: KeyRange, from: Revision | 'now', listener: WatchListener) {
    this.#range = range;
    this.#next = from === 'now' ? 0 : from;
    this.#listener = listener;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** How to go on, over a new stream or a new watch of it. */
  request(watchId: number): IWatchCreateRequest {
    this.#partial = undefined;
    return {
      key: Buffer.from(this.#range.from),
      ...(this.#range.to === undefined ? {} : { range_end: Buffer.from(this.#range.to) }),
      start_revision: this.#next,
      watch_id: watchId,
      fragment: true,
      prev_kv: true,
    };
  }

  take(response: IWatchResponse): void {
    if (response.created && this.#next === 0) this.#begin(toNumber(response.header.revision));
    for (const { type, kv, prev_kv: previous } of response.events) {
      const revision = toNumber(kv.mod_revision);
      if (revision < this.#next) continue;
      if (this.#partial !== undefined && this.#partial.revision !== revision) this.#deliver();
      this.#partial ??= { revision, events: [] };
      this.#partial.events.push(
        type === 'Delete' ? deletion(kv, previous) : { kind: 'put', entry: toEntry(kv) },
      );
    }
    if (!response.fragment) this.#deliver();
  }

  end(end: WatchEnd): void {
    if (!this.#open) return;
    this.#open = false;
    this.#listener.ended(end);
  }

  /** The stream that carried it has broken. */
  interrupt(): void {
    if (this.#open) this.#listener.interrupted?.();
  }

  close(): void {
    this.#open = false;
  }

  #begin(revision: Revision): void {
    this.#next = revision + 1;
    if (this.#open) this.#listener.started?.(revision);
  }

  #deliver(): void {
    const partial = this.#partial;
    this.#partial = undefined;
    if (partial === undefined || !this.#open) return;
    this.#next = partial.revision + 1;
    this.#listener.events(partial.revision, partial.events);
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
