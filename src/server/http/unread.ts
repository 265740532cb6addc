import type { Socket } from 'node:net';
import { troubleFields } from '../handlers/wire.js';
import type { WireOptions } from '../handlers/wire.js';
import { answerParserFault, parserFault } from './client-error.js';
import type { ParserError } from './client-error.js';
import type { Connections } from './connections.js';
import { peerOf } from './exchange.js';
import { pipelineFull, type HttpFault } from './http-fault.js';

/** What is refused before it is known what is asked. */
export class Unread {
  readonly #parts: Pick<WireOptions, 'descriptors' | 'observer'>;
  readonly #urlBytes: number;
  readonly #connections: Connections;

  constructor(
    parts: Pick<WireOptions, 'descriptors' | 'observer'>,
    { urlBytes }: { readonly urlBytes: number },
    connections: Connections,
  ) {
    this.#parts = parts;
    this.#urlBytes = urlBytes;
    this.#connections = connections;
  }

  /** Answers none of them: they are read in order, and the one under way may take long. */
  endFlood(socket: Socket): void {
    const fault = pipelineFull();
    this.#observe(socket, fault, 0);
    socket.destroy();
  }

  /** What can't be read as a request. */
  refuse(error: ParserError, socket: Socket): void {
    if (this.#connections.isStranger(socket)) {
      // Who speaks HTTP without TLS is answered elsewhere.
      if (error.code !== 'ERR_SSL_HTTP_REQUEST') socket.destroy();
      return;
    }
    const fault = parserFault(error, this.#urlBytes);
    // In the middle of an answer there is no place for another one.
    if (fault === undefined || this.#connections.isAnswering(socket) || !socket.writable) {
      socket.destroy();
      return;
    }
    const bytes = answerParserFault(socket, this.#parts.descriptors, fault);
    this.#observe(socket, fault, bytes);
  }

  /** For the access log: what was refused before it was known what it is. */
  #observe(socket: Socket, fault: HttpFault, bytes: number): void {
    const { httpStatus, code } = fault;
    const entry = { wire: 'http', method: '(none)', durationMs: 0, code, httpStatus } as const;
    const trouble = troubleFields({ code, message: fault.message, reason: fault.details.reason });
    this.#parts.observer.access({ ...entry, peer: peerOf(socket), bytes, ...trouble });
  }
}
