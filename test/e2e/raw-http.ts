import { connect, type Socket } from 'node:net';

/** What came back over a bare socket. */
export interface RawAnswer {
  /** 0 if the connection was closed without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const NO_ANSWER: RawAnswer = { status: 0, headers: new Map(), body: '' };
const LIMIT_MS = 15_000;

/** A connection on which a test writes what it likes. */
export class RawConnection {
  readonly socket: Socket;
  #received = '';
  #isClosed = false;
  #wake: () => void = () => undefined;

  /** @param localAddress one of loopback's, to seem another caller. */
  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress });
    this.socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    this.socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
    // A reset is a way to be closed.
    this.socket.on('error', () => undefined);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Waits for the next whole answer, or the end of the connection. */
  async answer(): Promise<RawAnswer> {
    await this.#until(() => this.#isClosed || this.#complete() !== undefined);
    const complete = this.#complete();
    if (complete === undefined) return NO_ANSWER;
    this.#received = this.#received.slice(complete.bytes);
    return complete.answer;
  }

  async closed(): Promise<void> {
    await this.#until(() => this.#isClosed);
  }

  end(): void {
    this.socket.destroy();
  }

  async #until(isTrue: () => boolean): Promise<void> {
    const endMs = performance.now() + LIMIT_MS;
    while (!isTrue()) {
      if (performance.now() > endMs) throw new Error(`no answer; so far: ${this.#received}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #complete(): { readonly answer: RawAnswer; readonly bytes: number } | undefined {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const [statusLine = '', ...lines] = this.#received.slice(0, headEnd).split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const at = line.indexOf(':');
        return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
      }),
    );
    const status = Number(statusLine.split(' ')[1]);
    const length = Number(headers.get('content-length') ?? 0);
    const bytes = headEnd + 4 + length;
    if (this.#received.length < bytes) return undefined;
    return { answer: { status, headers, body: this.#received.slice(headEnd + 4, bytes) }, bytes };
  }
}

/** Sends bytes on a connection of their own, and waits for the answer. */
export async function ask(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  const connection = new RawConnection(port);
  try {
    return await connection.send(bytes).answer();
  } finally {
    connection.end();
  }
}

/** The text of a request with a Host and, if there is a body, its length. */
export function request(
  line: string,
  headers: readonly string[] = [],
  body: string | Buffer = '',
): Buffer {
  const length = Buffer.byteLength(body) > 0 ? [`content-length: ${Buffer.byteLength(body)}`] : [];
  const head = [`${line} HTTP/1.1`, 'host: x', ...length, ...headers, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}
