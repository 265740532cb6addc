import type { Http2Server } from 'node:http2';
import type { Socket } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Metadata, ConnectionInjector, ServerOptions } from '@grpc/grpc-js';
import type { HealthImplementation } from 'grpc-health-check';
import { remembered } from '../../core/remembered.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import { connectionAged, type Fault } from '../../core/errors.js';
import { codeOfGrpc } from '../../protocol/status.js';
import { listenAtName } from '../../tcp/listen-at-name.js';
import { UnixListener } from '../../unix/unix-listener.js';
import { needsOf } from '../access/needs.js';
import { callerGone, CallSet, stopping } from '../handlers/call-scope.js';
import { listenError, ListenError, troubleFields } from '../handlers/wire.js';
import type { SocketAccess, TlsMaterial, WireOptions, WireServer } from '../handlers/wire.js';
import { CALL_STREAM, type CallStreams } from './call-stream/call-streams.js';
import { Connections } from './connections.js';
import { ReloadableCredentials } from './credentials.js';
import { gate } from './gate.js';
import type { CallEnd } from './gate.js';
import { addHealth } from './health.js';
import { DEFAULT_GRPC_LIMITS, type GrpcLimits } from './limits.js';
import { addServices, callStreamsOf } from './own-services.js';
import { addReflection } from './reflection.js';
import { peerOf, presentedIn, type ServerCall } from './stream.js';
import { grpcError, wireError } from './wire-error.js';

export interface GrpcServerOptions extends WireOptions {
  readonly limits?: Partial<GrpcLimits>;
}

/** Memory of one connection, in megabytes: node refuses new streams beyond it. */
const SESSION_MEMORY_MB = 64;

/** How long aborted calls may take to send their status. */
const ABORT_GRACE_MS = 500;

export interface GrpcServer extends WireServer {
  /** What grpc.health.v1 says of a service; the empty name is the whole daemon. NOT_SERVING at first. */
  setServing(service: string, serving: boolean): void;
}

/** The gRPC wire: our services, grpc.health.v1 and reflection. Refuses methods that have no handler: a defect. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  return new Grpc(options, { ...DEFAULT_GRPC_LIMITS, ...options.limits });
}

class Grpc implements GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly calls = new CallSet();
  readonly #connections: Connections;
  readonly #callStreams: CallStreams;
  readonly #reasons = new WeakMap<Metadata, string>();
  readonly #server: Server;
  readonly #health: HealthImplementation;
  readonly #credentials: ReloadableCredentials | undefined;
  readonly #methods: ReadonlyMap<string, MethodDescriptor>;
  /** Where it listens, as grpc-js knows it. */
  readonly #addresses: string[] = [];
  #unix: { readonly listener: UnixListener; readonly injector: ConnectionInjector } | undefined;

  constructor(options: GrpcServerOptions, limits: GrpcLimits) {
    const { descriptors, tls, clock, admission } = options;
    this.#options = options;
    this.#connections = new Connections({
      ...{ ...options, limits, calls: this.calls },
      aged: (peer) => this.#callStreams.goAwayFrom(peer, connectionAged()),
    });
    this.#methods = new Map(descriptors.methods.map((method) => [method.path, method]));
    this.#credentials = tls === undefined ? undefined : new ReloadableCredentials(tls, limits);
    const ended = (end: CallEnd): void => this.#ended(end);
    // Refusals are made once and given often.
    const refusalOf = remembered((fault: Fault) => wireError(fault, options));
    const reasons = this.#reasons;
    this.#server = new Server({
      ...channelOptions(limits),
      interceptors: [
        gate({
          ...{ limits, clock, admission, reasons, ended },
          isPatient: (path) => path === CALL_STREAM,
          statusOf: remembered((fault) => grpcError(refusalOf(fault), reasons)),
        }),
      ],
    });
    const shared = { calls: this.calls, connections: this.#connections, reasons };
    this.#callStreams = callStreamsOf(options, { limits, ...shared, ended, refusalOf });
    const services = addServices(this.#server, options, shared, this.#callStreams);
    this.#health = addHealth(this.#server, this.calls);
    addReflection(this.#server, this.calls, (call, path) => this.#refusalOf(call, path));
    for (const service of ['', ...services]) this.setServing(service, false);
  }

  setServing(service: string, serving: boolean): void {
    this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }

  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    try {
      // Each address by itself: given a name, grpc-js is content with one of them, and says nothing of the others.
      const bound = await listenAtName(host, port, {
        bind: (address, wanted) => this.#bind(address, wanted),
        unbindAll: () => {
          for (const address of this.#addresses.splice(0)) this.#server.unbind(address);
          return Promise.resolve();
        },
      });
      return bound;
    } catch (error) {
      throw listenError(error, `${host}, port ${port}`);
    }
  }

  async listenUnix(path: string, access?: SocketAccess): Promise<void> {
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#tendConnections(true);
    const serve = (connection: Socket): void => injector.injectConnection(connection);
    const open = UnixListener.open(path, serve, access);
    const listener = await open.catch((error: unknown) => {
      throw listenError(error, path);
    });
    this.#unix = { listener, injector };
  }

  reloadTls(material: TlsMaterial): void {
    if (this.#credentials === undefined) throw new Error('TLS can be turned on only by a restart');
    this.#credentials.reload(material);
  }

  async stop(graceMs: number): Promise<void> {
    // What is left in the end: without channelz, forceShutdown closes the listeners, but no connection.
    for (const address of this.#addresses) this.#server.drain(address, graceMs + ABORT_GRACE_MS);
    this.#unix?.injector.drain(graceMs + ABORT_GRACE_MS);
    const shutDown = new Promise<void>((resolve) => {
      // Its error says that it was not started: then there is nothing to stop.
      this.#server.tryShutdown(() => resolve());
    });
    const closed = Promise.all([shutDown, this.#unix?.listener.close()]);
    this.calls.abort('stream');
    this.#callStreams.goAway(stopping());
    await this.#within(graceMs, closed);
    this.calls.abort();
    await this.#within(ABORT_GRACE_MS * 2, closed);
    this.#server.forceShutdown();
  }

  #bind(address: string, port: number): Promise<number> {
    const host = address.includes(':') ? `[${address}]` : address;
    const credentials = this.#credentials ?? ServerCredentials.createInsecure();
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
        if (error !== null) {
          reject(new ListenError(codeIn(error.message), `${address}, port ${port}`, error));
          return;
        }
        this.#addresses.push(`${host}:${bound}`);
        this.#tendConnections(false);
        resolve(bound);
      });
    });
  }

  /** grpc-js shows nobody the servers that it makes, one for each address; so this looks at what it keeps. */
  #tendConnections(areUnix: boolean): void {
    const servers: unknown = Reflect.get(this.#server, 'http2Servers');
    if (!(servers instanceof Map)) throw new TypeError('grpc-js keeps its servers elsewhere');
    for (const server of servers.keys() as Iterable<Http2Server>)
      this.#connections.tend(server, areUnix);
  }

  #within(ms: number, done: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.timer(ms, resolve);
      void done.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Whether a call of a library's service may go on. @returns what its caller is told if not. */
  async #refusalOf(call: ServerCall, path: string): Promise<object | undefined> {
    const { guard } = this.#options;
    try {
      if (guard === undefined) return undefined;
      const origin = { wire: 'grpc', peer: peerOf(call) } as const;
      const rights = await guard.identify(presentedIn(call), origin);
      guard.check({ ...origin, rights }, needsOf(path), {});
      return undefined;
    } catch (error) {
      return grpcError(wireError(error, this.#options), this.#reasons);
    }
  }

  #ended({ path, code: answered, details, reason, subject, ...rest }: CallEnd): void {
    const { observer } = this.#options;
    // Nobody was there any more to be answered.
    const code = answered === undefined ? 'CANCELLED' : codeOfGrpc(answered);
    // There is no text then either; an empty one would say nothing at night.
    const message = details === '' && code === 'CANCELLED' ? callerGone().message : details;
    observer.access({
      ...{ wire: 'grpc', method: path.slice(1), code, ...rest, ...subject },
      ...(code === 'OK' ? {} : troubleFields({ code, reason, message })),
    });
    const method = this.#methods.get(path);
    if (method === undefined) return;
    observer.rpc({
      service: method.service,
      method: method.name,
      wire: 'grpc',
      code,
      seconds: rest.durationMs / 1000,
    });
  }
}

function channelOptions(limits: GrpcLimits): ServerOptions {
  return {
    'grpc.max_receive_message_length': limits.messageBytes,
    // Lists can be long; what is asked for is sent.
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': limits.concurrentStreams,
    'grpc.max_connection_idle_ms': limits.idleTimeoutMs,
    'grpc-node.max_session_memory': SESSION_MEMORY_MB,
    'grpc.enable_channelz': 0,
  };
}

/** grpc-js tells why it can't listen only in its message. */
function codeIn(message: string): string {
  return /\b(E[A-Z]{4,})\b/.exec(message)?.[1] ?? 'EUNKNOWN';
}
