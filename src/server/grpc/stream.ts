import type { EventEmitter } from 'node:events';
import type { Http2Server, IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import type { Metadata } from '@grpc/grpc-js';
import type { Presented } from '../../core/access/presented.js';
import type { Admission } from '../admission/admission.js';

/** What all kinds of calls of grpc-js have; it exports no name for it. */
export interface ServerCall extends EventEmitter {
  /** On the wall clock; infinite if there is none. */
  getDeadline(): Date | number;
  /** Address and port; `unknown` where there are none. */
  getPeer(): string;
  readonly metadata: Metadata;
  /** It is over, however it ended: nobody is told anything any more. */
  readonly cancelled: boolean;
  /** With the certificate of a caller that had to show one, and did. */
  getAuthContext(): { readonly sslPeerCertificate?: PeerCertificate };
}

/** The side of a streaming call where answers go. */
export interface AnswerStream extends ServerCall {
  /** Before the first message. */
  sendMetadata(metadata: Metadata): void;
  /** False: wait for `drain` before the next one. */
  write(message: unknown): boolean;
  end(): void;
}

/** Address and port of the caller. A Unix socket has none. */
export function peerOf(call: Pick<ServerCall, 'getPeer'>): string {
  const peer = call.getPeer();
  return peer === 'unknown' ? 'unix' : peer;
}

/** Whose share of all a call takes. @param peer as `peerOf` has it. */
export function userOf(admission: Admission, peer: string, metadata: Metadata): string | undefined {
  const address = peer === 'unix' ? undefined : peer.slice(0, peer.lastIndexOf(':'));
  return admission.userOf(address, () => metadata.get('x-forwarded-for').join(','));
}

/** How a call is told what its connection is; whatever a caller sends under this name is dropped. */
const NOTE = 'x-connection-note';
const UNIX = 'unix';
const UNTRUSTED = 'untrusted';

/**
 * Notes of each call of a server whether it came over a Unix socket, or showed a certificate of nobody whom we know. To look at the connection
 * later would not do: a TCP connection that has just broken has no address either, and grpc-js does not tell of a certificate that it does not trust.
 */
export function noteConnection(server: Http2Server, isUnix: boolean): void {
  const untrusted = new WeakMap<object, boolean>();
  server.prependListener('stream', (stream, headers: IncomingHttpHeaders, _flags, raw = []) => {
    const { session } = stream;
    const authorization = authorizationIn(raw);
    // Node keeps the first one; a proxy before us may have looked at another. All together are no token.
    if (authorization.length > 1) headers.authorization = authorization.join(', ');
    // To delete takes long.
    if (headers[NOTE] !== undefined) delete headers['x-connection-note'];
    if (isUnix) headers[NOTE] = UNIX;
    if (session?.encrypted !== true) return;
    const isUntrusted = untrusted.get(session) ?? showsUntrusted(session.socket);
    untrusted.set(session, isUntrusted);
    if (isUntrusted) headers[NOTE] = UNTRUSTED;
  });
}

/** @param raw names, which HTTP/2 has in lower case, and values in turn. */
function authorizationIn(raw: readonly string[]): string[] {
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1] === 'authorization');
}

/** @param socket of HTTP/2, a stand-in for the real one: it has its properties, but does not tell which. */
function showsUntrusted(socket: Socket | TLSSocket): boolean {
  if (!(socket instanceof TLSSocket)) return false;
  return !socket.authorized && socket.getPeerX509Certificate() !== undefined;
}

/** What a call brings to say who sends it. */
export function presentedIn(call: ServerCall): Presented {
  const [note] = call.metadata.get(NOTE);
  const authorization = call.metadata.get('authorization').map(String);
  if (note === UNIX) return { authorization, certificate: undefined, isUnix: true };
  if (note === UNTRUSTED) return { authorization, certificate: 'untrusted', isUnix: false };
  const certificate = call.getAuthContext().sslPeerCertificate;
  return {
    authorization,
    certificate: certificate && {
      subjectAltName: certificate.subjectaltname,
      validTo: certificate.valid_to,
    },
    isUnix: false,
  };
}
