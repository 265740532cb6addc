import type { RequestListener, Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { UnixListener } from '../../unix/unix-listener.js';
import { CallSet } from '../handlers/call-scope.js';
import { listenError } from '../handlers/wire.js';
import type { SocketAccess, TlsMaterial, WireServer } from '../handlers/wire.js';
import type { PlainRoute } from './answer.js';
import { Connections } from './connections.js';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.js';
import { Listeners } from './listeners.js';
import { createNodeServer } from './node-server.js';
import { oneAtATime } from './one-at-a-time.js';
import { openapi } from './openapi.js';
import { operationRoutes } from './operations.js';
import type { MetricsSource, Readiness } from './operations.js';
import { Requests, type RequestsOptions } from './requests.js';
import { Unread } from './unread.js';

export interface HttpServerOptions extends RequestsOptions {
  readonly ready: () => Readiness;
  readonly metrics: MetricsSource;
  /** Of the daemon, for /openapi.json. */
  readonly version: string;
  /** More routes, such as those of profiles, and of the systems that this one replaces. */
  readonly routes?: readonly PlainRoute[];
  readonly limits?: Partial<HttpLimits>;
}

/** How long aborted requests may take to send their answer. */
const ABORT_GRACE_MS = 500;

/** The HTTP wire: the gateway of all RPCs, more routes, and what tells of the daemon itself. */
export function createHttpServer(options: HttpServerOptions): WireServer {
  return new Http(options, { ...DEFAULT_HTTP_LIMITS, ...options.limits });
}

class Http implements WireServer {
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  readonly calls = new CallSet();
  readonly #connections: Connections;
  readonly #requests: Requests;
  readonly #listeners: Listeners;
  #unix: UnixListener | undefined;

  constructor(options: HttpServerOptions, limits: HttpLimits) {
    this.#options = options;
    this.#limits = limits;
    let document: string | undefined;
    const plain = [
      ...operationRoutes({ ...options, openapi: () => (document ??= openapi(options)) }),
      ...(options.routes ?? []),
    ];
    const connections = new Connections(options, limits);
    this.#connections = connections;
    this.#requests = new Requests(options, { limits, connections, calls: this.calls, plain });
    const unread = new Unread(options, limits, connections);
    const serve = oneAtATime(
      (...exchange) => void this.#requests.serve(...exchange),
      (socket) => unread.endFlood(socket),
    );
    const create = (): Server | TlsServer =>
      this.#createServer(serve).on('clientError', (error, socket: Socket) =>
        unread.refuse(error, socket),
      );
    this.#listeners = new Listeners(create(), create);
  }

  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    try {
      return await this.#listeners.listen(host, port);
    } catch (error) {
      throw listenError(error, `${host}, port ${port}`);
    }
  }

  async listenUnix(path: string, access?: SocketAccess): Promise<void> {
    const { first: server } = this.#listeners;
    const serve = (connection: Socket): void => this.#connections.injectUnix(server, connection);
    const open = UnixListener.open(path, serve, access);
    this.#unix = await open.catch((error: unknown) => {
      throw listenError(error, path);
    });
  }

  reloadTls(material: TlsMaterial): void {
    this.#listeners.reloadTls(material);
  }

  async stop(graceMs: number): Promise<void> {
    this.#requests.isStopping = true;
    const closed = Promise.all([this.#listeners.close(), this.#unix?.close()]);
    this.#connections.endSilent();
    this.calls.abort('stream');
    await this.#within(graceMs, closed);
    this.calls.abort();
    await this.#within(ABORT_GRACE_MS, closed);
    this.#listeners.closeAllConnections();
    await closed;
  }

  #within(ms: number, done: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.timer(ms, resolve);
      const finish = (): void => {
        timer.cancel();
        resolve();
      };
      done.then(finish, finish);
    });
  }

  #createServer(listener: RequestListener): Server | TlsServer {
    const server = createNodeServer(listener, this.#limits, this.#options.tls);
    this.#connections.tend(server);
    return server;
  }
}
