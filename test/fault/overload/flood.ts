import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { frame, openCall } from '../../e2e/raw-grpc.js';

/** Where a flood goes, and from which address of loopback. */
export interface FloodTarget {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly from: string;
}

/** One kind of load. Goes on until it is over, and leaves nothing open but what `Flooding` closes. */
export type Flood = (on: Flooding) => Promise<void>;

/** What one flood has open, and whether it is over. */
export class Flooding {
  readonly target: FloodTarget;
  /** How often it did what it does, to know that it did. */
  count = 0;
  readonly #endMs: number;
  readonly #agent: Agent;
  readonly #sockets = new Set<Socket>();

  constructor(target: FloodTarget, durationMs: number) {
    this.target = target;
    this.#endMs = performance.now() + durationMs;
    this.#agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  }

  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /** To one of the daemon's ports. Whatever goes wrong, it is closed in the end. */
  socket(port: number): Socket {
    const socket = connect({ port, host: '127.0.0.1', localAddress: this.target.from });
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }

  session(): ClientHttp2Session {
    const session = connectHttp2(`http://127.0.0.1:${this.target.grpcPort}`, {
      createConnection: () => this.socket(this.target.grpcPort),
    });
    session.on('error', () => undefined);
    return session;
  }

  /** A request of HTTP with its answer read. @returns its status; 0 if the connection broke. */
  ask(method: string, path: string, body = ''): Promise<number> {
    this.count++;
    return new Promise((resolve) => {
      const asked = request(
        {
          ...{ method, path, host: '127.0.0.1', port: this.target.httpPort },
          ...{ localAddress: this.target.from, agent: this.#agent },
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        },
        (response) => {
          response.resume().on('close', () => resolve(response.statusCode ?? 0));
        },
      );
      asked.on('socket', (socket) => this.#sockets.add(socket));
      asked.on('error', () => resolve(0));
      asked.end(body);
    });
  }

  /** A call with one request, its answer read. Resolves at its end, whatever that is. */
  call(session: ClientHttp2Session, path: string, message: Buffer): Promise<void> {
    this.count++;
    return new Promise((resolve) => {
      if (session.closed || session.destroyed) {
        setTimeout(resolve, 10);
        return;
      }
      const stream: ClientHttp2Stream = openCall(session, `/sharedlock.v1.${path}`);
      stream.resume().once('close', resolve);
      stream.end(frame(message));
    });
  }

  /** Runs so many of it side by side, each again and again until the flood is over. */
  async repeat(times: number, once: (index: number) => Promise<unknown>): Promise<void> {
    const again = async (index: number): Promise<void> => {
      while (!this.isOver) await once(index);
    };
    await Promise.race([
      Promise.all(Array.from({ length: times }, (_, index) => again(index))),
      this.#end(),
    ]);
  }

  /** Keeps so many connections open, with new ones for those that the daemon closes. */
  async keepOpen(times: number, port: number, opened: (socket: Socket) => void): Promise<void> {
    await this.repeat(times, async () => {
      const socket = this.socket(port);
      socket.once('connect', () => {
        this.count++;
        opened(socket);
      });
      await new Promise((resolve) => socket.once('close', resolve));
    });
  }

  close(): void {
    this.#agent.destroy();
    // Without a farewell, as those who crash; which also leaves no port to wait for.
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #end(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, Math.max(0, this.#endMs - performance.now()));
    });
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
