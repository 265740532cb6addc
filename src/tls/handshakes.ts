import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface FailedHandshake {
  /** Address and port of the other end. */
  readonly peer: string;
  /** Why, for people. Nothing in it was sent by the caller. */
  readonly reason: string;
}

interface Emitter {
  prependListener(event: 'connection', listener: (socket: Socket) => void): unknown;
  prependListener(
    event: 'tlsClientError',
    listener: (error: HandshakeError, socket: OverTcp) => void,
  ): unknown;
}

/** As OpenSSL and Node make them. */
interface HandshakeError extends Error {
  readonly code?: string;
  readonly reason?: string;
}

/** What Node's types don't show: the connection under a TLS socket. */
type OverTcp = TLSSocket & { readonly _parent?: Socket };

/**
 * Reports each handshake with a server that fails. A connection that ends without a word is reported without a
 * failure: load balancers and probes make such all the time.
 * @param server of `node:tls`, or one that is made of it.
 */
export function watchHandshakes(
  server: Emitter,
  report: (socket: Socket, failure: FailedHandshake | undefined) => void,
): void {
  /** Of a connection that has ended nobody knows it any more. */
  const peers = new WeakMap<Socket, string>();
  server.prependListener('connection', (socket: Socket) => {
    peers.set(socket, `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`);
  });
  // Before Node's own, which makes a `clientError` of it.
  server.prependListener('tlsClientError', (error: HandshakeError, socket: OverTcp) => {
    const { _parent: connection = socket } = socket;
    const peer = peers.get(connection) ?? 'unknown';
    const isSilent = connection.bytesRead === 0;
    report(socket, isSilent ? undefined : { peer, reason: reasonOf(error, socket) });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'the caller shows no certificate, and must',
  ERR_SSL_HTTP_REQUEST: 'the caller speaks without TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the caller speaks without TLS',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'the handshake took too long',
  ECONNRESET: 'the caller hung up; it may not trust our certificate',
};

function reasonOf({ code = '', reason, message }: HandshakeError, socket: TLSSocket): string {
  // Node's types know no null, which it is where the caller's certificate was not looked at.
  const refused = socket.authorizationError as Error | string | null | undefined;
  if (refused !== null && refused !== undefined) {
    return `the caller's certificate is refused: ${String(refused)}`;
  }
  if (code.includes('_ALERT_'))
    return `the caller does not accept our certificate or version: ${reason ?? code}`;
  return REASONS[code] ?? reason ?? message;
}
