import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

const BODY = 'this port speaks TLS: use https://\n';

const ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'connection: close',
  'content-type: text/plain; charset=utf-8',
  `content-length: ${BODY.length}`,
  '',
  BODY,
].join('\r\n');

/** How long one may take to read the answer. */
const READ_MS = 2000;

/** Who speaks HTTP without TLS to a TLS server is told so, instead of a connection that just ends. */
export function answerPlainHttp(server: Server): void {
  // Node hands out the socket of TLS alone, which can't say anything before its handshake.
  const connections = new Map<string, Socket>();
  server.prependListener('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    connections.set(peer, socket);
    socket.once('close', () => {
      if (connections.get(peer) === socket) connections.delete(peer);
    });
  });
  server.on('tlsClientError', (error: Error & { readonly code?: string }, socket: TLSSocket) => {
    if (error.code !== 'ERR_SSL_HTTP_REQUEST') return;
    const connection = connections.get(peerOf(socket));
    if (connection?.writable !== true) return;
    connection.once('error', () => connection.destroy());
    connection.setTimeout(READ_MS, () => connection.destroy());
    connection.end(ANSWER);
  });
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? ''}`;
}
