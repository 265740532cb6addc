import { credentials } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { withoutAddressAsServerName } from '../../tls/server-name.js';
import type { TlsOptions } from '../options.js';
import type { ConnectionParts } from './connection.js';
import { Pool } from './pool.js';

/** The daemons: the first that works is used until it fails, then the next. */
export class Endpoints {
  readonly #pools: readonly Pool[];
  #current = 0;

  constructor(parts: ConnectionParts, addresses: readonly string[], tls: TlsOptions | undefined) {
    const shared = { credentials: credentialsOf(tls), serverName: tls?.serverName };
    this.#pools = addresses.map((address) => new Pool(parts, { address, ...shared }));
  }

  get count(): number {
    return this.#pools.length;
  }

  /** The one to use. */
  get current(): Pool {
    const pool = this.#pools[this.#current];
    if (pool === undefined) throw new RangeError('no address'); // there is one at least
    return pool;
  }

  /** The one whose turn comes after that one's; the same if there is no other. */
  after(pool: Pool): Pool {
    return this.#pools[(this.#pools.indexOf(pool) + 1) % this.count] ?? pool;
  }

  /** It works: use it. */
  prefer(pool: Pool): void {
    this.#current = this.#pools.indexOf(pool);
  }

  /** A call to it failed for want of a daemon: the next one is used, unless that has happened already. */
  failed(pool: Pool): void {
    if (this.current === pool) this.#current = (this.#current + 1) % this.count;
  }

  close(): void {
    for (const pool of this.#pools) pool.close();
  }
}

function credentialsOf(tls: TlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const pem = (text: string | Uint8Array | undefined): Buffer | null =>
    text === undefined ? null : Buffer.from(text);
  return withoutAddressAsServerName(
    credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert)),
  );
}
