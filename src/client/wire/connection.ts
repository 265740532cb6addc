import type { ClientHttp2Session } from 'node:http2';
import { Client, connectivityState, Metadata } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientDuplexStream, ClientReadableStream } from '@grpc/grpc-js';
import type { Clock } from '../../clock/clock.js';
import { SignsOfLife } from '../../http2/signs-of-life.js';
import type { CallDescriptors, CallMethod } from '../../protocol/call-descriptors.js';
import type { TokenSource } from '../tokens/token-source.js';
import type { Answered, GivesUp, Outgoing } from './call-stream.js';
import { CallWay } from './call-way.js';
import { errorOf, hasBroken } from './faults.js';
import { sessionOf, stopRetrying } from './session-of.js';

/** Finds a daemon that is gone without a word, while a call is under way. */
const SIGNS = { intervalMs: 1000, timeoutMs: 3000 };
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Of the calls that a connection takes at once, as long as the daemon has not said how many. */
const UNTIL_READY = 1;
/** What Node.js says of a server that does not tell. */
const UNLIMITED = 2 ** 32 - 1;
/** What HTTP/2 recommends to allow at least (RFC 9113, section 6.5.2). */
const LIMIT_UNLESS_TOLD = 100;

const CALL_STREAM = '/sharedlock.v1.CallService/CallStream';
const NO_BYTES = Buffer.alloc(0);
/** Messages are written and read elsewhere. */
const asItIs = (bytes: Buffer): Buffer => bytes;

/** Where and how to connect. */
export interface Target {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  /** The name in the daemon's certificate, if it is not that of the address. */
  readonly serverName: string | undefined;
}

/** Is told what becomes of a connection. */
export interface ConnectionEvents {
  /** It is there. */
  ready(): void;
  /** There may be room for more calls. */
  hasRoom(): void;
  /** It takes no calls any more: it broke, or the daemon asks to go on over another one. What it carries may go on. */
  gone(): void;
}

export interface ConnectionParts {
  readonly clock: Clock;
  readonly descriptors: CallDescriptors;
  /** What says who calls; absent: nothing does, but maybe a certificate. */
  readonly tokens?: TokenSource | undefined;
}

/** One TCP connection to one daemon, from before it is there until it is closed. It connects at once. */
export class Connection {
  readonly address: string;
  /** How its calls go. */
  readonly calls: CallWay;
  readonly #clock: Clock;
  readonly #descriptors: CallDescriptors;
  readonly #client: Client;
  #session: ClientHttp2Session | undefined;
  #streamLimit: number | undefined;
  #signs: SignsOfLife | undefined;
  #isBusy = false;
  #isClosed = false;

  constructor(
    { clock, descriptors, tokens }: ConnectionParts,
    { address, credentials, serverName }: Target,
    events: ConnectionEvents | undefined,
  ) {
    this.address = address;
    this.#clock = clock;
    this.#descriptors = descriptors;
    this.#client = new Client(address, credentials, {
      // A connection of its own, not that of another one to the same address.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2000,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.service_config_disable_resolution': 1,
      // Repeating is the caller's business: it knows what is safe.
      'grpc.enable_retries': 0,
      // Daemons are near; a proxy for the web would only be in the way.
      'grpc.enable_http_proxy': 0,
      ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
    });
    this.calls = new CallWay({
      ...{ clock, address, descriptors },
      token: () => tokens?.latest(),
      open: (token) =>
        this.#client.makeBidiStreamRequest(CALL_STREAM, asItIs, asItIs, metadataWith(token)),
      changed: () => events?.hasRoom(),
    });
    this.#awaitReady(() => this.#isThere(events));
  }

  get isReady(): boolean {
    return this.#streamLimit !== undefined;
  }

  /** Calls that the daemon takes over it at once; more of them would wait unsent, behind those. */
  get streamLimit(): number {
    return this.#streamLimit ?? UNTIL_READY;
  }

  /** While a call is under way: its daemon is asked for signs of life, and the connection breaks if there are none. */
  set isBusy(isBusy: boolean) {
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    if (isBusy) this.#signs?.start();
    else this.#signs?.stop();
    // A stream of calls stays open: it keeps the process alive only while one of them is under way.
    if (isBusy) this.#session?.ref();
    else this.#session?.unref();
  }

  /** One request and one answer, as a call of gRPC. */
  unary({ method: { path }, request, token }: Outgoing, owner: Answered): GivesUp {
    const call = this.#client.makeUnaryRequest(
      path,
      asItIs,
      asItIs,
      request,
      metadataWith(token),
      (error, response) => {
        if (error === null) owner.answered(response ?? NO_BYTES);
        else owner.failed(errorOf(error, this.address, this.#descriptors), hasBroken(error));
      },
    );
    return call;
  }

  serverStream({ method, request, token }: Outgoing): ClientReadableStream<object> {
    const { path, responseDeserialize } = method;
    return this.#client.makeServerStreamRequest(
      path,
      asItIs,
      responseDeserialize,
      request,
      metadataWith(token),
    );
  }

  bidi(method: CallMethod, token: string | undefined): ClientDuplexStream<object, object> {
    const { path, requestSerialize, responseDeserialize } = method;
    return this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadataWith(token),
    );
  }

  /** What is under way over it does not keep the process alive any more. */
  letProcessEnd(): void {
    // A call that was begun just now still makes grpc-js keep it.
    this.#clock.timer(0, () => sessionOf(this.#client)?.unref());
  }

  /** What is under way goes on until it ends. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.isBusy = false;
    this.calls.close();
    closeForGood(this.#client);
  }

  /** Not `waitForReady` of grpc-js: that asks a client which was closed to connect, and it does, again and again. */
  #awaitReady(ready: () => void): void {
    const channel = this.#client.getChannel();
    const look = (): void => {
      if (this.#isClosed) return;
      const state = channel.getConnectivityState(true);
      // grpc-js says so a moment before it knows its own connection.
      if (state === connectivityState.READY) queueMicrotask(ready);
      else channel.watchConnectivityState(state, Infinity, look);
    };
    look();
  }

  #isThere(events: ConnectionEvents | undefined): void {
    if (this.#isClosed) return;
    const session = sessionOf(this.#client);
    this.#session = session;
    const limit = session?.remoteSettings.maxConcurrentStreams ?? UNLIMITED;
    this.#streamLimit = limit === UNLIMITED ? LIMIT_UNLESS_TOLD : limit;
    if (session !== undefined) {
      this.#signs = new SignsOfLife(session, this.#clock, SIGNS);
      if (this.#isBusy) this.#signs.start();
    }
    events?.ready();
    const channel = this.#client.getChannel();
    if (channel.getConnectivityState(false) !== connectivityState.READY) events?.gone();
    else channel.watchConnectivityState(connectivityState.READY, Infinity, () => events?.gone());
  }
}

function metadataWith(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** The address of a name that was looked up may come after the end, and makes grpc-js connect again: that is ended too. */
function closeForGood(client: Client): void {
  const revived = (): void => queueMicrotask(() => closeForGood(client));
  client.getChannel().watchConnectivityState(connectivityState.SHUTDOWN, Infinity, revived);
  stopRetrying(client);
  client.close();
}
