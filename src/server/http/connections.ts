import type { Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { guardDoor } from '../../tcp/door.js';
import { withJitter } from '../../tcp/jitter.js';
import { watchHandshakes } from '../../tls/handshakes.js';
import type { WireOptions } from '../handlers/wire.js';
import type { HttpLimits } from './limits.js';

/** The connections of the HTTP server: counted, ended when the server stops, moved when they are old. */
export class Connections {
  readonly #parts: Pick<WireOptions, 'admission' | 'clock' | 'observer'>;
  readonly #limits: Pick<HttpLimits, 'maxAgeMs'>;
  /** The answer that a connection is at. */
  readonly #latest = new WeakMap<Socket, ServerResponse>();
  /** Those on which nothing was asked yet: Node does not count them as idle. */
  readonly #silent = new Set<Socket>();
  /** Those that did not get as far as to speak HTTP over TLS. */
  readonly #strangers = new WeakSet<Socket>();
  readonly #unixSockets = new WeakSet<Socket>();
  /** When they are too old. */
  readonly #agedAtMs = new WeakMap<Socket, number>();

  constructor(
    parts: Pick<WireOptions, 'admission' | 'clock' | 'observer'>,
    limits: Pick<HttpLimits, 'maxAgeMs'>,
  ) {
    this.#parts = parts;
    this.#limits = limits;
  }

  /** Looks after all connections of a server, from its start. */
  tend(server: Server | TlsServer): void {
    const { admission, observer } = this.#parts;
    watchHandshakes(server, (socket, failure) => {
      this.#strangers.add(socket);
      if (failure !== undefined) observer.handshake({ wire: 'http', ...failure });
    });
    server.on(requestsEvent(server), (socket: Socket) => this.#add(socket));
    guardDoor(
      server,
      (socket) => this.isUnix(socket) || admission.connections.enter('http', socket),
    );
  }

  /** Hands over to a server a connection that came through a Unix socket. */
  injectUnix(server: Server | TlsServer, socket: Socket): void {
    this.#unixSockets.add(socket);
    this.#parts.admission.connections.enter('http', socket);
    // Past the handshake: what goes through a file crosses no network.
    server.emit(requestsEvent(server), socket);
  }

  /** A request has come. */
  asked(socket: Socket, response: ServerResponse): void {
    this.#silent.delete(socket);
    this.#latest.set(socket, response);
  }

  isUnix(socket: Socket): boolean {
    return this.#unixSockets.has(socket);
  }

  isStranger(socket: Socket): boolean {
    return this.#strangers.has(socket);
  }

  /** Whether it is in the middle of an answer. */
  isAnswering(socket: Socket): boolean {
    const latest = this.#latest.get(socket);
    return latest?.headersSent === true && !latest.writableFinished;
  }

  /** Whether it is to be closed after its answer. */
  isAged(socket: Socket | null): boolean {
    const atMs = socket === null ? undefined : this.#agedAtMs.get(socket);
    return atMs !== undefined && this.#parts.clock.now() >= atMs;
  }

  endSilent(): void {
    for (const socket of this.#silent) socket.destroy();
  }

  #add(socket: Socket): void {
    this.#silent.add(socket);
    const { maxAgeMs } = this.#limits;
    const isMoved = maxAgeMs > 0 && !this.isUnix(socket);
    if (isMoved) this.#agedAtMs.set(socket, this.#parts.clock.now() + withJitter(maxAgeMs));
    socket.once('close', () => this.#silent.delete(socket));
  }
}

/** Of a connection on which requests can come. */
function requestsEvent(server: object): 'secureConnection' | 'connection' {
  return server instanceof TlsServer ? 'secureConnection' : 'connection';
}
