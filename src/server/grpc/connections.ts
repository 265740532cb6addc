import type {
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { connectionAged } from '../../core/errors.js';
import { SignsOfLife } from '../../http2/signs-of-life.js';
import { widenBacklog } from '../../tcp/backlog.js';
import { watchHandshakes } from '../../tls/handshakes.js';
import type { CallSet } from '../handlers/call-scope.js';
import type { WireOptions } from '../handlers/wire.js';
import { limitAge, type AgeLimits } from './connection-age.js';
import { patience } from './patience.js';
import { countRequests } from './request-bytes.js';
import { noteConnection } from './stream.js';
import { guardResets } from './reset-guard.js';
import { readTimeouts } from './timeouts.js';

export interface ConnectionLimits extends AgeLimits {
  /**
   * How long the request of a call with one request may take to arrive, of a stream the first one; a TLS handshake; and a connection to
   * say that it speaks HTTP/2.
   */
  readonly readTimeoutMs: number;
  /** So often each connection is asked for a sign of life: see http2/signs-of-life.ts. */
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

export interface ConnectionParts extends Pick<WireOptions, 'admission' | 'clock' | 'observer'> {
  readonly limits: ConnectionLimits;
  /** Those under way over them. */
  readonly calls: CallSet;
  /** Is told that a connection is too old for anything new, by the address and port of its other end. */
  readonly aged: (peer: string) => void;
}

/**
 * The connections that are open, and what grpc-js does not do for them: counts them, ends those that say nothing, are dead or too old,
 * lets guests ask once, limits what is kept of requests, and reads `grpc-timeout` as it is meant.
 */
export class Connections {
  readonly #parts: ConnectionParts;
  readonly #tended = new WeakSet<Http2Server>();
  /** By the address and port of their callers. */
  readonly #sessions = new Map<string, ServerHttp2Session>();

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** Looks after all connections of a server, from its start. @param isUnix whether all of them come over a Unix socket. */
  tend(server: Http2Server, isUnix: boolean): void {
    if (this.#tended.has(server)) return;
    this.#tended.add(server);
    const { admission, observer } = this.#parts;
    readTimeouts(server);
    noteConnection(server, isUnix);
    widenBacklog(server);
    server.on('connection', (socket: Socket) => admission.connections.enter('grpc', socket));
    server.on('session', (session: ServerHttp2Session) => this.#tendSession(session));
    if (!(server instanceof TlsServer)) return;
    watchHandshakes(server, (_, failure) => {
      if (failure !== undefined) observer.handshake({ wire: 'grpc', ...failure });
    });
  }

  /**
   * grpc-js says of a call that its caller left, and not whether the caller cancelled it, or its connection broke: after a cancel the
   * connection is still there. False too for a Unix socket: it breaks only with the process of its caller, which does not come again.
   */
  hasBroken(peer: string): boolean {
    return peer !== 'unix' && this.#sessions.get(peer)?.destroyed !== false;
  }

  #tendSession(session: ServerHttp2Session): void {
    const { admission, clock, limits } = this.#parts;
    const { pingIntervalMs: intervalMs, pingTimeoutMs: timeoutMs } = limits;
    const { remoteAddress, remotePort } = session.socket;
    this.#limitSilence(session);
    session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const forwardedFor = (): string => String(headers['x-forwarded-for'] ?? '');
      const user = admission.userOf(remoteAddress, forwardedFor);
      countRequests(stream, admission, user);
    });
    new SignsOfLife(session, clock, { intervalMs, timeoutMs }).start();
    guardResets(session, clock);
    // No load balancer moves those on the Unix socket.
    if (remoteAddress === undefined || remotePort === undefined) return;
    // As `getPeer` of grpc-js writes it.
    this.#tendNamed(session, `${remoteAddress}:${remotePort}`);
  }

  #tendNamed(session: ServerHttp2Session, peer: string): void {
    const { admission, calls, clock, limits } = this.#parts;
    limitAge(session, clock, limits, {
      retired: () => this.#parts.aged(peer),
      endCalls: () => calls.abortOf(peer, connectionAged()),
    });
    this.#sessions.set(peer, session);
    session.once('close', () => {
      if (this.#sessions.get(peer) === session) this.#sessions.delete(peer);
    });
    session.once('stream', () => {
      // What is under way is answered; the caller's next connection may be no guest.
      if (admission.connections.guestRefusal(peer) !== undefined) session.close();
    });
  }

  /** Ends a connection that does not say that it speaks HTTP/2. */
  #limitSilence(session: ServerHttp2Session): void {
    const { clock, limits } = this.#parts;
    const timer = patience(clock, limits.readTimeoutMs, () => session.destroy());
    const forget = (): void => timer.cancel();
    session.once('remoteSettings', forget).once('close', forget);
  }
}
