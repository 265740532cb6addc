import type { ClientHttp2Session } from 'node:http2';
import type { Client } from '@grpc/grpc-js';

/**
 * The HTTP/2 session of a client. grpc-js shows it nobody; but it has what is not to be had otherwise: how many calls the
 * daemon takes at once (grpc-js lets all calls beyond wait unsent), and a ping. So this looks where grpc-js keeps it.
 * @param client that is connected, and has a pool of its own (`grpc.use_local_subchannel_pool`).
 * @returns undefined if there is none any more.
 */
export function sessionOf(client: Client): ClientHttp2Session | undefined {
  const pool = at(client.getChannel(), 'internalChannel', 'subchannelPool', 'pool');
  for (const entries of Object.values(pool ?? {})) {
    for (const entry of Array.isArray(entries) ? entries : []) {
      const session = at(entry, 'subchannel', 'transport', 'session');
      if (session !== undefined) return session as ClientHttp2Session;
    }
  }
  return undefined;
}

function at(start: unknown, ...path: readonly string[]): object | undefined {
  let found = start;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, name);
  }
  return typeof found === 'object' && found !== null ? found : undefined;
}
