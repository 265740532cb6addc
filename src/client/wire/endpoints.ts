import type { Clock } from '../../clock/clock.js';
import type { TlsOptions } from '../options.js';
import { Connection } from './connection.js';

/** A connection that is in doubt is exchanged for another at most so often. */
const RENEW_EVERY_MS = 1000;

/** The daemons: the first that works is used until it fails, then the next. */
export class Endpoints {
  readonly #clock: Clock;
  readonly #connections: readonly Connection[];
  readonly #renewedAtMs = new Map<Connection, number>();
  #current = 0;

  constructor(clock: Clock, addresses: readonly string[], tls: TlsOptions | undefined) {
    this.#clock = clock;
    this.#connections = addresses.map((address) => new Connection(address, tls));
  }

  get count(): number {
    return this.#connections.length;
  }

  /** The one to use. */
  get current(): Connection {
    const connection = this.#connections[this.#current];
    if (connection === undefined) throw new RangeError('no connection'); // there is one at least
    return connection;
  }

  /** It works: use it. */
  prefer(connection: Connection): void {
    this.#current = this.#connections.indexOf(connection);
  }

  /** A call over it failed for want of a daemon: the next one is used, unless that has happened already. */
  failed(connection: Connection): void {
    if (this.current === connection) this.#current = (this.#current + 1) % this.count;
  }

  /** It says nothing, so that maybe only its TCP connection is dead. */
  silent(connection: Connection): void {
    this.failed(connection);
    const nowMs = this.#clock.now();
    const renewedAtMs = this.#renewedAtMs.get(connection);
    if (renewedAtMs !== undefined && nowMs - renewedAtMs < RENEW_EVERY_MS) return;
    this.#renewedAtMs.set(connection, nowMs);
    connection.renew();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
