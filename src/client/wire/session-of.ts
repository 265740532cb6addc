import type { ClientHttp2Session } from 'node:http2';
import type { Client } from '@grpc/grpc-js';

/**
 * The HTTP/2 session of a client. grpc-js shows it nobody; but it has what is not to be had otherwise: how many calls the
 * daemon takes at once (grpc-js lets all calls beyond wait unsent), and a ping. So this looks where grpc-js keeps it.
 * @param client that is connected, and has a pool of its own (`grpc.use_local_subchannel_pool`).
 * @returns undefined if there is none any more.
 */
export function sessionOf(client: Client): ClientHttp2Session | undefined {
  for (const subchannel of subchannelsOf(client)) {
    const session = at(subchannel, 'transport', 'session');
    if (session !== undefined) return session as ClientHttp2Session;
  }
  return undefined;
}

/** Before it is closed: grpc-js would make one more attempt after the pause of the last one, and keep what that brings for ever. */
export function stopRetrying(client: Client): void {
  for (const subchannel of subchannelsOf(client)) {
    const stop: unknown = Reflect.get(subchannel, 'stopBackoff');
    if (typeof stop === 'function') stop.call(subchannel);
  }
}

/** One for each of the addresses that the name of the daemon has. */
function subchannelsOf(client: Client): object[] {
  const pool = at(client.getChannel(), 'internalChannel', 'subchannelPool', 'pool');
  const entries: unknown[] = Object.values(pool ?? {}).flat();
  return entries.flatMap((entry) => at(entry, 'subchannel') ?? []);
}

function at(start: unknown, ...path: readonly string[]): object | undefined {
  let found = start;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, name);
  }
  return typeof found === 'object' && found !== null ? found : undefined;
}
