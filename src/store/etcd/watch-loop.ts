import type { IDuplexStream, IWatchRequest, IWatchResponse } from 'etcd3';
import type { Clock } from '../../clock/clock.js';
import type { KeyRange, Revision, Watch, WatchEnd, WatchListener } from '../store.js';
import type { Endpoints } from './endpoints.js';
import type { Connection } from './connection.js';
import type { EtcdLog } from './options.js';
import { isTokenRefused } from './verdict.js';
import { Watching, type Subscriber } from './watching.js';
import { toNumber } from './wire.js';

/** All that services allow by default together stays below it. */
const MAX_WATCHES = 100_000;
const REACH_MS = 5000;
const REOPEN_MS = { first: 50, most: 1000 };
/** Before a watch that etcd refused is asked for again, in milliseconds. */
const RETRY_MS = 1000;

interface Stream {
  readonly connection: Connection;
  readonly wire: IDuplexStream<IWatchRequest, IWatchResponse>;
  /** Whether etcd has let a watch be made over it. */
  served: boolean;
}

export interface WatchLoopSettings {
  readonly clock: Clock;
  readonly endpoints: Endpoints;
  readonly log: EtcdLog;
}

/**
 * All watches, over one stream, which is opened anew when it breaks. A watch has a new ID on the wire each time
 * it is asked for, so that what comes late for an old one is known as such.
 *
 * Those who watch the same range from a revision on share a watch of etcd, which so tells of a write once. One that is in
 * step is the range's; whoever wants what it has yet to tell is added to it, and the others have watches of their
 * own until they have caught up with it. A watch from `now` is shared with nobody, since that it begins says that
 * etcd is heard at that moment.
 */
export class WatchLoop {
  readonly #settings: WatchLoopSettings;
  readonly #watches = new Map<number, Watching>();
  /** Of each range the one that others join; all are in step. */
  readonly #shared = new Map<string, Watching>();
  #subscribers = 0;
  #lastId = 0;
  #stream: Stream | undefined;
  #isOpening = false;
  /** For the end of a pause. */
  #isWaiting = false;
  #pauseMs = REOPEN_MS.first;
  #closed = false;

  constructor(settings: WatchLoopSettings) {
    this.#settings = settings;
  }

  /** As the port has it. */
  watch(range: KeyRange, from: Revision | 'now', listener: WatchListener): Watch {
    const subscriber: Subscriber = {
      listener,
      from: from === 'now' ? 0 : from,
      watching: undefined,
      isOpen: true,
    };
    if (this.#closed) queueMicrotask(() => end(subscriber, { reason: 'closed' }));
    else if (this.#subscribers >= MAX_WATCHES) {
      queueMicrotask(() => end(subscriber, { reason: 'too many' }));
    } else {
      this.#subscribers++;
      this.#subscribe(subscriber, range);
    }
    return { close: () => this.#unsubscribe(subscriber) };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream?.wire.cancel();
    this.#stream = undefined;
    const subscribers = [...this.#watches.values()].flatMap((watching) => watching.removeAll());
    this.#watches.clear();
    this.#shared.clear();
    this.#subscribers = 0;
    for (const subscriber of subscribers) end(subscriber, { reason: 'closed' });
  }

  #subscribe(subscriber: Subscriber, range: KeyRange): void {
    const shared = this.#shared.get(idOf(range));
    if (shared !== undefined && subscriber.from >= shared.next) {
      shared.add(subscriber);
      return;
    }
    const watching = new Watching(range, subscriber.from);
    watching.add(subscriber);
    this.#create(watching);
  }

  #unsubscribe(subscriber: Subscriber): void {
    const { watching } = subscriber;
    subscriber.isOpen = false;
    if (watching === undefined) return;
    watching.remove(subscriber);
    this.#subscribers--;
    if (watching.isEmpty) this.#cancel(watching);
  }

  #create(watching: Watching): void {
    const id = ++this.#lastId;
    watching.wireId = id;
    this.#watches.set(id, watching);
    if (this.#stream === undefined) this.#open();
    else this.#stream.wire.write({ create_request: watching.request(id) });
  }

  #cancel(watching: Watching): void {
    const { wireId } = watching;
    if (wireId === undefined) return;
    this.#forget(watching, wireId);
    this.#stream?.wire.write({ cancel_request: { watch_id: wireId } });
  }

  #forget(watching: Watching, wireId: number): void {
    this.#watches.delete(wireId);
    watching.wireId = undefined;
    const id = idOf(watching.range);
    if (this.#shared.get(id) === watching) this.#shared.delete(id);
  }

  #open(): void {
    if (this.#closed || this.#isOpening || this.#isWaiting) return;
    this.#isOpening = true;
    void this.#connect().finally(() => {
      this.#isOpening = false;
      if (this.#stream === undefined && this.#watches.size > 0) this.#openLater();
    });
  }

  #openLater(): void {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, REOPEN_MS.most);
    this.#isWaiting = true;
    this.#settings.clock.timer(pauseMs, () => {
      this.#isWaiting = false;
      if (this.#stream === undefined) this.#open();
    });
  }

  async #connect(): Promise<void> {
    let stream: Stream;
    try {
      const connection = await this.#settings.endpoints.acquire(REACH_MS);
      stream = { connection, wire: await connection.openWatch(), served: false };
    } catch {
      // Out of reach, or not let in: health says so. We try again for as long as there are watches.
      return;
    }
    const { wire } = stream;
    wire.on('data', (response) => this.#take(stream, response));
    wire.on('error', (error) => this.#broken(stream, error));
    wire.on('end', () => this.#broken(stream, undefined));
    if (this.#closed) {
      wire.cancel();
      return;
    }
    this.#stream = stream;
    const watches = [...this.#watches.values()];
    this.#watches.clear();
    for (const watching of watches) this.#create(watching);
  }

  #broken(stream: Stream, error: Error | undefined): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    // Until they are in step again.
    this.#shared.clear();
    if (error !== undefined && isTokenRefused(error)) stream.connection.forgetToken();
    if (this.#closed || this.#watches.size === 0) return;
    this.#openLater();
    // They may close watches, and open others, which then wait for the stream as all do.
    for (const watching of [...this.#watches.values()]) watching.interrupt();
  }

  #take(stream: Stream, response: IWatchResponse): void {
    if (this.#stream !== stream) return;
    this.#pauseMs = REOPEN_MS.first;
    const id = toNumber(response.watch_id);
    const watching = this.#watches.get(id);
    const compactRevision = toNumber(response.compact_revision);
    if (watching === undefined) {
      // Late, or our own cancellation; but etcd 3.4 names no watch when it lets none be made.
      if (response.canceled && id <= 0) this.#refused(stream, response.cancel_reason);
    } else if (!response.canceled) {
      stream.served = true;
      watching.take(response);
      if (watching.wireId !== undefined && watching.isShareable) this.#share(watching);
    } else if (compactRevision > 0) this.#compacted(watching, id, compactRevision);
    else this.#refused(stream, response.cancel_reason);
  }

  /** It has told something: one that has caught up with the range's ends, and its subscribers go to that. */
  #share(watching: Watching): void {
    const id = idOf(watching.range);
    const shared = this.#shared.get(id);
    if (shared === undefined) {
      if (watching.isInStep) this.#shared.set(id, watching);
    } else if (shared !== watching && watching.next >= shared.next) {
      for (const subscriber of watching.removeAll()) shared.add(subscriber);
      this.#cancel(watching);
    }
  }

  /** Those who want only what came later have lost nothing. */
  #compacted(watching: Watching, wireId: number, compactRevision: Revision): void {
    this.#forget(watching, wireId);
    const subscribers = watching.removeAll();
    const lost = subscribers.filter(({ from }) => from < compactRevision);
    this.#subscribers -= lost.length;
    for (const subscriber of subscribers) {
      if (subscriber.from >= compactRevision) this.#subscribe(subscriber, watching.range);
    }
    for (const subscriber of lost) end(subscriber, { reason: 'compacted', compactRevision });
  }

  /** Asks for everything again, over a new stream, since a token is read when a stream begins. */
  #refused(stream: Stream, reason: string): void {
    const error = new Error(reason);
    // That a token expires with the time is nothing to report, nor to wait for.
    const isExpiry = stream.served && isTokenRefused(error);
    const level = isExpiry ? 'debug' : 'warn';
    this.#settings.log(level, 'etcd ended a watch; it is asked for again', { reason });
    this.#pauseMs = isExpiry ? REOPEN_MS.first : RETRY_MS;
    this.#broken(stream, error);
    stream.wire.cancel();
  }
}

function idOf({ from, to }: KeyRange): string {
  return JSON.stringify([from, to]);
}

function end(subscriber: Subscriber, how: WatchEnd): void {
  if (!subscriber.isOpen) return;
  subscriber.isOpen = false;
  subscriber.listener.ended(how);
}
