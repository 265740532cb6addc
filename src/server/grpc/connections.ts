import type { ServerHttp2Session } from 'node:http2';

/**
 * The connections that are open, by the address and port of their caller. grpc-js says of a call that its caller left, and
 * not whether the caller cancelled it, or its connection broke: after a cancel the connection is still there.
 */
export class OpenConnections {
  readonly #sessions = new Map<string, ServerHttp2Session>();

  add(session: ServerHttp2Session): void {
    const { remoteAddress, remotePort } = session.socket;
    if (remoteAddress === undefined || remotePort === undefined) return;
    // As `getPeer` of grpc-js writes it.
    const peer = `${remoteAddress}:${remotePort}`;
    this.#sessions.set(peer, session);
    session.once('close', () => {
      if (this.#sessions.get(peer) === session) this.#sessions.delete(peer);
    });
  }

  /** False too for a Unix socket: it breaks only with the process of its caller, which does not come again. */
  hasBroken(peer: string): boolean {
    return peer !== 'unix' && this.#sessions.get(peer)?.destroyed !== false;
  }
}
