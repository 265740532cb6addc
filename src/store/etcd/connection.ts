import type { CallOptions, Channel, ChannelOptions, Client, Metadata } from '@grpc/grpc-js';
import type {
  ICallable,
  IDuplexStream,
  ILeaseKeepAliveRequest,
  ILeaseKeepAliveResponse,
  IWatchRequest,
  IWatchResponse,
  LeaseClient,
  WatchClient,
} from 'etcd3';
import type { Host } from 'etcd3/lib/connection-pool.js';
import type { Clock } from '../../clock/clock.js';
import { withoutAddressAsServerName } from '../../tls/server-name.js';
import type { Driver } from './driver.js';
import { RANGE, TXN } from './kv-messages.js';
import type {
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  UnaryMethod,
} from './kv-messages.js';
import type { EtcdAuth, EtcdTls } from './options.js';
import { isTokenRefused } from './verdict.js';

type ServiceName = Parameters<ICallable<Host>['exec']>[0];
interface Cancellable {
  cancel(): void;
}
type Done<T> = (error: Error | null, response?: T) => void;
type NamedMethod = (
  payload: unknown,
  metadata: Metadata,
  options: CallOptions,
  done: Done<unknown>,
) => Cancellable;

export interface ConnectionSettings {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly tls: EtcdTls | undefined;
  readonly auth: EtcdAuth | undefined;
}

/** For a new token, in milliseconds. All calls wait for the same one, so it is not theirs. */
const AUTHENTICATE_MS = 2000;

const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // etcd refuses pings that come more often than every 5 s.
  'grpc.keepalive_time_ms': 6000,
  'grpc.keepalive_timeout_ms': 3000,
  'grpc.initial_reconnect_backoff_ms': 100,
  // Bounds how long we don't see that etcd is back.
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.dns_min_time_between_resolutions_ms': 1000,
  // So that a replaced channel means a new TCP connection.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': 256 * 1024 * 1024,
  // A session's memory is bounded by what we have in flight.
  'grpc-node.flow_control_window': 1024 * 1024,
};

/**
 * One etcd member: one channel, which all services and streams share, and which can be replaced by a new one.
 * Every call is sent at most once; the exception is a call refused for its token, which etcd did not look at.
 */
export class Connection implements ICallable<Host> {
  readonly callOptionsFactory = undefined;
  readonly leases: LeaseClient;
  /** As configured; for messages at start only. */
  readonly endpoint: string;
  readonly #watches: WatchClient;
  readonly #settings: ConnectionSettings;
  readonly #underWay = new Set<Cancellable>();
  #tls: EtcdTls | undefined;
  #channel: Channel;
  #host: Host;
  #openedMs: number;
  #token: Promise<string> | undefined;
  #lost: () => void = () => undefined;

  constructor(endpoint: string, settings: ConnectionSettings) {
    this.endpoint = endpoint;
    this.#settings = settings;
    this.#tls = settings.tls;
    const { etcd3 } = settings.driver;
    this.leases = new etcd3.LeaseClient(this);
    this.#watches = new etcd3.WatchClient(this);
    this.#channel = this.#dial();
    this.#host = this.#hostOn(this.#channel);
    this.#openedMs = settings.clock.now();
    this.#follow(this.#channel, this.#states.IDLE);
  }

  get isReady(): boolean {
    return this.#channel.getConnectivityState(false) === this.#states.READY;
  }

  /** How long the present channel has existed, in milliseconds. */
  get ageMs(): number {
    return this.#settings.clock.now() - this.#openedMs;
  }

  /** Calls the listener each time a connection that was up is lost, unless we gave it up ourselves. */
  onLost(listener: () => void): void {
    this.#lost = listener;
  }

  /**
   * Connects. Resolves to whether the connection is up, after `withinMs` at the latest; with `unlessRefused`, as
   * soon as the last attempt has failed.
   */
  waitReady(withinMs: number, unlessRefused = false): Promise<boolean> {
    const channel = this.#channel;
    const deadline = this.#settings.clock.wall() + withinMs;
    return new Promise((resolve) => {
      const look = (): void => {
        const state = channel.getConnectivityState(false);
        if (state === this.#states.READY) resolve(true);
        else if (state === this.#states.SHUTDOWN) resolve(false);
        else if (unlessRefused && state === this.#states.TRANSIENT_FAILURE) resolve(false);
        else {
          // Only now: to ask a closed channel to connect brings it back to life, for ever.
          channel.getConnectivityState(true);
          channel.watchConnectivityState(state, deadline, (error) => {
            if (error === undefined) look();
            else resolve(false);
          });
        }
      };
      look();
    });
  }

  /** Drops the TCP connection, with all calls and streams on it, and begins a new one. */
  replace(): void {
    this.rotate(this.#tls);
    this.#cancelAll();
  }

  /** Begins a new TCP connection; what is under way on the old one may end there. */
  rotate(tls: EtcdTls | undefined): void {
    this.#tls = tls;
    const old = this.#channel;
    this.#channel = this.#dial();
    this.#host = this.#hostOn(this.#channel);
    this.#openedMs = this.#settings.clock.now();
    this.#follow(this.#channel, this.#states.IDLE);
    old.close();
  }

  close(): void {
    this.#channel.close();
    this.#cancelAll();
  }

  openWatch(): Promise<IDuplexStream<IWatchRequest, IWatchResponse>> {
    return this.#track(this.#watches.watch());
  }

  openKeepAlive(): Promise<IDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>> {
    return this.#track(this.leases.leaseKeepAlive());
  }

  /** The next call or stream asks for a new token. */
  forgetToken(): void {
    this.#token = undefined;
  }

  /** A transaction. */
  txn(request: TxnRequest, options: CallOptions): Promise<TxnResponse> {
    return this.#call(TXN, request, options);
  }

  range(request: RangeRequest, options: CallOptions): Promise<RangeResponse> {
    return this.#call(RANGE, request, options);
  }

  /** For etcd3's clients. */
  exec<T>(
    service: ServiceName,
    method: string,
    payload: unknown,
    options: CallOptions = {},
  ): Promise<T> {
    return this.#authorized((metadata) =>
      this.#send<T>(service, method, payload, metadata, options),
    );
  }

  async withConnection<R>(
    service: ServiceName,
    use: (args: { resource: Host; client: Client; metadata: Metadata }) => Promise<R> | R,
  ): Promise<R> {
    const metadata = await this.#metadata(this.#getToken());
    // Asks etcd to end the stream if this member loses its leader.
    metadata.set('hasleader', 'true');
    return use({ resource: this.#host, client: this.#host.getServiceClient(service), metadata });
  }

  /** Part of etcd3's interface: it would drop all connections here. Our streams report their own end. */
  markFailed(): void {
    return;
  }

  #call<Request, Response>(
    { path, serialize, deserialize }: UnaryMethod<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response> {
    return this.#authorized((metadata) => {
      const client = this.#host.getServiceClient('KV');
      return this.#answer<Response>((done) =>
        client.makeUnaryRequest(path, serialize, deserialize, request, metadata, options, done),
      );
    });
  }

  async #authorized<T>(send: (metadata: Metadata) => Promise<T>): Promise<T> {
    const token = this.#getToken();
    try {
      return await send(await this.#metadata(token));
    } catch (error) {
      // The token is checked before the request is looked at, so nothing was applied.
      if (token === undefined || !isTokenRefused(error)) throw error;
      this.#forget(token);
      return send(await this.#metadata(this.#getToken()));
    }
  }

  #send<T>(
    service: ServiceName,
    method: string,
    payload: unknown,
    metadata: Metadata,
    options: CallOptions,
  ): Promise<T> {
    const client = this.#host.getServiceClient(service);
    // grpc-js makes the methods of a client when it loads the .proto file: no type knows them.
    const call = (client as unknown as Record<string, NamedMethod>)[method]?.bind(client);
    if (call === undefined) throw new TypeError(`etcd has no method ${method}`);
    // The response has the type that the caller, an etcd3 client, names for the method.
    return this.#answer<T>((done) => call(payload, metadata, options, done as Done<unknown>));
  }

  #answer<T>(start: (done: Done<T>) => Cancellable): Promise<T> {
    return new Promise((resolve, reject) => {
      const underWay = start((error, response) => {
        this.#underWay.delete(underWay);
        if (error !== null) reject(error);
        else if (response === undefined) reject(new TypeError('an answer without a message'));
        else resolve(response);
      });
      this.#underWay.add(underWay);
    });
  }

  async #metadata(token: Promise<string> | undefined): Promise<Metadata> {
    const metadata = new this.#settings.driver.grpc.Metadata();
    if (token !== undefined) metadata.set('token', await token);
    return metadata;
  }

  /** One for all calls; undefined if etcd asks for none. */
  #getToken(): Promise<string> | undefined {
    const { auth } = this.#settings;
    if (auth === undefined || this.#token !== undefined) return this.#token;
    const token = this.#authenticate(auth);
    this.#token = token;
    token.catch(() => this.#forget(token));
    return token;
  }

  /** Of many calls whose token is refused only the first asks for another: to make one costs etcd 100 ms. */
  #forget(token: Promise<string>): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #authenticate({ username, password }: EtcdAuth): Promise<string> {
    const { driver, clock } = this.#settings;
    const answer = await this.#send<{ token: string }>(
      'Auth',
      'authenticate',
      { name: username, password },
      new driver.grpc.Metadata(),
      { deadline: clock.wall() + AUTHENTICATE_MS },
    );
    return answer.token;
  }

  async #track<S extends Cancellable & Endable>(opening: Promise<S>): Promise<S> {
    const stream = await opening;
    this.#underWay.add(stream);
    stream.on('status', () => this.#underWay.delete(stream));
    return stream;
  }

  #cancelAll(): void {
    const underWay = [...this.#underWay];
    this.#underWay.clear();
    for (const call of underWay) call.cancel();
  }

  #follow(channel: Channel, state: ReturnType<Channel['getConnectivityState']>): void {
    channel.watchConnectivityState(state, Infinity, () => {
      const next = channel.getConnectivityState(false);
      if (channel !== this.#channel || next === this.#states.SHUTDOWN) return;
      if (state === this.#states.READY) this.#lost();
      this.#follow(channel, next);
    });
  }

  #dial(): Channel {
    const { grpc } = this.#settings.driver;
    const secure = this.#tls !== undefined || this.endpoint.startsWith('https://');
    const credentials = secure
      ? withoutAddressAsServerName(
          grpc.credentials.createSsl(this.#tls?.ca, this.#tls?.key, this.#tls?.cert),
        )
      : grpc.credentials.createInsecure();
    return new grpc.Channel(addressOf(this.endpoint), credentials, CHANNEL_OPTIONS);
  }

  #hostOn(channel: Channel): Host {
    const { driver } = this.#settings;
    const unused = driver.grpc.credentials.createInsecure();
    const options = { channelOverride: channel };
    return new driver.Host(addressOf(this.endpoint), unused, options, driver.noRetries);
  }

  get #states(): Driver['grpc']['connectivityState'] {
    return this.#settings.driver.grpc.connectivityState;
  }
}

interface Endable {
  on(event: 'status', listener: () => void): unknown;
}

function addressOf(endpoint: string): string {
  return endpoint.replace(/^https?:\/\//, '').replace(/\/+$/, '');
}
