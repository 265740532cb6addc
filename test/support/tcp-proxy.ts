import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'toServer' | 'toClient';
const DIRECTIONS: readonly Direction[] = ['toServer', 'toClient'];

/** What happens to bytes: they go on, are kept for later, or vanish. */
type Mode = 'forward' | 'hold' | 'discard';

/** A TCP proxy that stands between a client and a server and makes trouble, on command. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #modes: Record<Direction, Mode> = { toServer: 'forward', toClient: 'forward' };
  #refuses = false;
  #delayMs = 0;
  #cutAfterBytes = Infinity;
  #accepted = 0;

  /** `target` is `host:port` or a URL. */
  static async start(target: string): Promise<TcpProxy> {
    const [host = '', port = ''] = target.replace(/^https?:\/\//, '').split(':');
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, host, Number(port));
  }

  private constructor(server: Server, host: string, port: number) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.port = address.port;
    this.#server = server;
    server.on('connection', (client) => this.#accept(client, host, port));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Connections that were ever taken. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Bytes that are kept now. */
  get heldBytes(): number {
    return [...this.#pairs].reduce((sum, pair) => sum + pair.heldBytes, 0);
  }

  /** Keeps the bytes of one direction, or of both, until `release`. New connections are kept quiet too. */
  hold(direction?: Direction): void {
    this.#set('hold', direction);
  }

  /** Lets the bytes of one direction, or of both, vanish. */
  blackHole(direction?: Direction): void {
    this.#set('discard', direction);
  }

  /** Lets all bytes of the connections that are open now vanish, for ever; later ones are let through. */
  freeze(): void {
    for (const pair of this.#pairs) pair.freeze();
  }

  /** Ends all trouble: what is held goes on its way. */
  heal(): void {
    this.#set('forward', undefined);
    this.#refuses = false;
    this.#delayMs = 0;
    this.#cutAfterBytes = Infinity;
    for (const pair of this.#pairs) pair.flush();
  }

  /** Resets all connections on both sides; what was held is lost. */
  cut(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  /**
   * Resets the connections on the client's side only. The server knows nothing of it; what is held for it can
   * still be delivered, by the function that is returned: so arrives a request whose sender has long given up.
   */
  cutClient(): () => void {
    const pairs = [...this.#pairs];
    for (const pair of pairs) {
      this.#pairs.delete(pair);
      pair.resetClient();
    }
    return () => {
      for (const pair of pairs) pair.deliverLate();
    };
  }

  /** Resets a connection once so many further bytes of answers have come, which it still forwards. */
  cutAfter(bytes: number): void {
    this.#cutAfterBytes = bytes;
  }

  /** New connections are reset at once. */
  refuse(): void {
    this.#refuses = true;
  }

  /** Every chunk takes so much longer, each way. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  async dispose(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #set(mode: Mode, direction: Direction | undefined): void {
    for (const each of DIRECTIONS) {
      if (direction === undefined || direction === each) this.#modes[each] = mode;
    }
  }

  #accept(client: Socket, host: string, port: number): void {
    if (this.#refuses) {
      resetSocket(client);
      return;
    }
    this.#accepted += 1;
    const server = connect(port, host);
    const pair: Pair = new Pair(client, server, {
      mode: (direction) => this.#modes[direction],
      delayMs: () => this.#delayMs,
      allow: (bytes) => this.#allow(bytes),
      closed: () => this.#pairs.delete(pair),
    });
    this.#pairs.add(pair);
  }

  /** How many of these bytes of answers may go on. */
  #allow(bytes: number): number {
    const allowed = Math.min(bytes, this.#cutAfterBytes);
    this.#cutAfterBytes -= allowed;
    if (allowed < bytes) this.#cutAfterBytes = Infinity;
    return allowed;
  }
}

interface Rules {
  mode(direction: Direction): Mode;
  delayMs(): number;
  allow(bytes: number): number;
  closed(): void;
}

class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #rules: Rules;
  readonly #held: Record<Direction, Buffer[]> = { toServer: [], toClient: [] };
  #clientGone = false;
  #frozen = false;

  constructor(client: Socket, server: Socket, rules: Rules) {
    this.#client = client;
    this.#server = server;
    this.#rules = rules;
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (chunk) => this.#pass('toServer', chunk));
    server.on('data', (chunk) => this.#pass('toClient', chunk));
    for (const socket of [client, server]) {
      // A reset is what this is for.
      socket.on('error', () => undefined);
    }
    client.on('close', () => {
      if (!this.#clientGone) this.reset();
    });
    server.on('close', () => this.reset());
  }

  get heldBytes(): number {
    const chunks = DIRECTIONS.flatMap((direction) => this.#held[direction]);
    return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  flush(): void {
    for (const direction of DIRECTIONS) {
      for (const chunk of this.#held[direction].splice(0)) this.#write(direction, chunk);
    }
  }

  freeze(): void {
    this.#frozen = true;
  }

  reset(): void {
    resetSocket(this.#client);
    resetSocket(this.#server);
    this.#rules.closed();
  }

  resetClient(): void {
    this.#clientGone = true;
    resetSocket(this.#client);
  }

  deliverLate(): void {
    for (const chunk of this.#held.toServer.splice(0)) this.#server.write(chunk);
  }

  #pass(direction: Direction, chunk: Buffer): void {
    if (this.#frozen || (direction === 'toClient' && this.#clientGone)) return;
    const mode = this.#rules.mode(direction);
    if (mode === 'hold') this.#held[direction].push(chunk);
    else if (mode === 'forward') this.#forward(direction, chunk);
  }

  #forward(direction: Direction, chunk: Buffer): void {
    const delayMs = this.#rules.delayMs();
    if (delayMs > 0) setTimeout(() => this.#write(direction, chunk), delayMs);
    else this.#write(direction, chunk);
  }

  #write(direction: Direction, chunk: Buffer): void {
    if (direction === 'toServer') {
      this.#server.write(chunk);
      return;
    }
    const allowed = this.#rules.allow(chunk.length);
    if (allowed === chunk.length) this.#client.write(chunk);
    else this.#client.write(chunk.subarray(0, allowed), () => this.reset());
  }
}

/**
 * In Node.js 20 a socket that is reset while its end is still being sent is never closed by libuv, and the
 * process, once it has nothing left to do, waits for that for ever, at full load.
 */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
