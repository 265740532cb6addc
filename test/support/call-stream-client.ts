import { Client, credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import type { MethodDescriptor } from '../../src/protocol/descriptors.js';
import { CALL_STREAM } from '../../src/server/grpc/call-stream/call-streams.js';
import { until } from './until.js';
import { DESCRIPTORS } from './wire-servers.js';

const RESPONSE = DESCRIPTORS.codec('sharedlock.v1.CallStreamResponse');
const REQUEST = DESCRIPTORS.codec('sharedlock.v1.CallStreamRequest');

export interface WireStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly type_url: string; readonly value: Buffer }[];
}

interface Answer {
  readonly id: number;
  readonly response?: Buffer;
  readonly error?: WireStatus | null;
}

interface Welcome {
  readonly methods: readonly string[];
  readonly maxCalls: number;
  readonly maxFrameBytes: number;
}

interface Response {
  readonly welcome: Welcome | null;
  readonly answers: readonly Answer[];
  readonly goAway: boolean;
}

/** A call, as a test writes it. */
export interface TestCall {
  readonly id: number;
  /** Such as `LockService/Acquire`; or the number itself. */
  readonly method: string | number;
  readonly request?: object | Buffer;
  readonly timeoutMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A stream of calls, spoken with the reflected messages: none of the code that the library and the daemon share. */
export class CallStreamClient {
  readonly answers = new Map<number, Answer>();
  /** Ids in the order of their answers. */
  readonly order: number[] = [];
  readonly frames: Response[] = [];
  readonly wire: ClientDuplexStream<Buffer, Buffer>;
  readonly #client: Client;
  readonly #methodOf = new Map<number, MethodDescriptor>();
  welcome: Welcome | undefined;
  wentAway = false;
  /** How it ended: undefined while it is open. */
  status: { readonly code: number; readonly details: string } | undefined;

  constructor(address: string, metadata = new Metadata()) {
    const same = (bytes: Buffer): Buffer => bytes;
    this.#client = new Client(address, credentials.createInsecure());
    this.wire = this.#client.makeBidiStreamRequest(CALL_STREAM, same, same, metadata);
    this.wire.on('data', (bytes: Buffer) => {
      this.#take(RESPONSE.deserialize(bytes) as Response);
    });
    this.wire.on('error', () => undefined);
    this.wire.on('status', (status: { code: number; details: string }) => (this.status = status));
  }

  static async open(address: string, metadata?: Metadata): Promise<CallStreamClient> {
    const client = new CallStreamClient(address, metadata);
    await until('it is welcome', () => client.welcome !== undefined);
    return client;
  }

  send(calls: readonly TestCall[], cancelled: readonly number[] = []): void {
    const framed = calls.map(({ method, request = {}, ...rest }) => {
      const number = typeof method === 'number' ? method : this.numberOf(method);
      const descriptor = this.#descriptor(number);
      if (descriptor !== undefined) this.#methodOf.set(rest.id, descriptor);
      const bytes = Buffer.isBuffer(request)
        ? request
        : (descriptor?.definition.requestSerialize(request) ?? Buffer.alloc(0));
      return { ...rest, method: number, request: bytes };
    });
    this.wire.write(REQUEST.serialize({ calls: framed, cancelled }));
  }

  /** One call in a frame of its own. @returns its response. @throws WireStatus */
  async call(id: number, method: string, request: object): Promise<Record<string, unknown>> {
    this.send([{ id, method, request }]);
    return this.response(id);
  }

  async answer(id: number): Promise<Answer> {
    await until(`call ${id} is answered`, () => this.answers.has(id));
    const answer = this.answers.get(id);
    if (answer === undefined) throw new Error('it was there');
    return answer;
  }

  async response(id: number): Promise<Record<string, unknown>> {
    const { error, response = Buffer.alloc(0) } = await this.answer(id);
    if (error !== null && error !== undefined) throw Object.assign(new Error(error.message), error);
    const decoded = this.#methodOf.get(id)?.definition.responseDeserialize(response) ?? {};
    return decoded as Record<string, unknown>;
  }

  /** The code of its answer: 0 if it went well. */
  async code(id: number): Promise<number> {
    return (await this.answer(id)).error?.code ?? 0;
  }

  async ended(): Promise<{ readonly code: number; readonly details: string }> {
    await until('the stream ends', () => this.status !== undefined);
    return this.status ?? { code: -1, details: '' };
  }

  close(): void {
    this.#client.close();
    this.wire.cancel();
  }

  #descriptor(number: number): MethodDescriptor | undefined {
    const path = `/${this.welcome?.methods[number - 1]}`;
    return DESCRIPTORS.methods.find((method) => method.path === path);
  }

  #take(response: Response): void {
    this.frames.push(response);
    this.welcome ??= response.welcome ?? undefined;
    this.wentAway ||= response.goAway;
    for (const answer of response.answers) {
      this.answers.set(answer.id, answer);
      this.order.push(answer.id);
    }
  }

  numberOf(method: string): number {
    const number = (this.welcome?.methods.indexOf(`sharedlock.v1.${method}`) ?? -1) + 1;
    if (number === 0) throw new Error(`${method} is not among the methods`);
    return number;
  }
}
