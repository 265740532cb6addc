import type { IDuplexStream, IWatchRequest, IWatchResponse } from 'etcd3';
import type { Clock } from '../../clock/clock.js';
import type { KeyRange, Revision, Watch, WatchListener } from '../store.js';
import type { Endpoints } from './endpoints.js';
import type { Connection } from './connection.js';
import type { EtcdLog } from './options.js';
import { isTokenRefused } from './verdict.js';
import { Watching } from './watching.js';
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
 */
export class WatchLoop {
  readonly #settings: WatchLoopSettings;
  readonly #watches = new Map<number, Watching>();
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
    const watching = new Watching(range, from, listener);
    if (this.#closed || this.#watches.size >= MAX_WATCHES) {
      const reason = this.#closed ? 'closed' : 'too many';
      queueMicrotask(() => watching.end({ reason }));
      return { close: () => watching.close() };
    }
    this.#create(watching);
    return { close: () => this.#cancel(watching) };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream?.wire.cancel();
    this.#stream = undefined;
    const watches = [...this.#watches.values()];
    this.#watches.clear();
    for (const watching of watches) watching.end({ reason: 'closed' });
  }

  #create(watching: Watching): void {
    const id = this.#enter(watching);
    if (this.#stream === undefined) this.#open();
    else this.#stream.wire.write({ create_request: watching.request(id) });
  }

  #enter(watching: Watching): number {
    const id = ++this.#lastId;
    watching.wireId = id;
    this.#watches.set(id, watching);
    return id;
  }

  #cancel(watching: Watching): void {
    if (!watching.isOpen) return;
    watching.close();
    if (watching.wireId === undefined) return;
    this.#watches.delete(watching.wireId);
    this.#stream?.wire.write({ cancel_request: { watch_id: watching.wireId } });
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
    } else if (compactRevision > 0) {
      this.#watches.delete(id);
      watching.wireId = undefined;
      watching.end({ reason: 'compacted', compactRevision });
    } else this.#refused(stream, response.cancel_reason);
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
