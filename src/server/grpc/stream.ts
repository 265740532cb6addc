import type { EventEmitter } from 'node:events';
import type { Http2Server, IncomingHttpHeaders } from 'node:http2';
import type { PeerCertificate } from 'node:tls';
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

/** How a call is told that it came over a Unix socket; whatever a caller sends under this name is dropped. */
const UNIX = 'x-came-over-unix';

/**
 * Notes of each call of a server whether it came over a Unix socket. To look at the connection would not do: a TCP connection that has just
 * broken has no address either.
 */
export function noteUnix(server: Http2Server, isUnix: boolean): void {
  server.prependListener('stream', (_, headers: IncomingHttpHeaders) => {
    delete headers['x-came-over-unix'];
    if (isUnix) headers[UNIX] = 'true';
  });
}

/** What a call brings to say who sends it. */
export function presentedIn(call: ServerCall): Presented {
  const certificate = call.getAuthContext().sslPeerCertificate;
  return {
    authorization: call.metadata.get('authorization').map(String),
    certificate: certificate && {
      subjectAltName: certificate.subjectaltname,
      validTo: certificate.valid_to,
    },
    isUnix: call.metadata.get(UNIX).length > 0,
  };
}
