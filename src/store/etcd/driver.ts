import type * as Grpc from '@grpc/grpc-js';
import type { noop } from 'cockatiel';
import type * as Etcd3 from 'etcd3';
import type { Host } from 'etcd3/lib/connection-pool.js';

/**
 * The libraries under this engine. They take 100 ms to load, so that is done when an engine is opened.
 *
 * Of etcd3 we use the typed clients and its host, which knows the services. Its pool chooses endpoints at
 * random, drops all connections of a host after any failure, and repeats a call for ever if its token is
 * refused; a pool of our own (`connection.ts`, `endpoints.ts`) stands in its place.
 */
export interface Driver {
  readonly grpc: typeof Grpc;
  readonly etcd3: typeof Etcd3;
  readonly Host: typeof Host;
  readonly noRetries: typeof noop;
}

export async function loadDriver(): Promise<Driver> {
  const [grpc, etcd3, pool, cockatiel] = await Promise.all([
    import('@grpc/grpc-js'),
    import('etcd3'),
    import('etcd3/lib/connection-pool.js'),
    import('cockatiel'),
  ]);
  return { grpc, etcd3, Host: pool.Host, noRetries: cockatiel.noop };
}
