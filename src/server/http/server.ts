import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { statusJson, statusOf } from '../../protocol/status.js';
import type { WireStatus } from '../../protocol/status.js';
import type { LeaseService } from '../../service/lease/lease-service.js';
import { watchHandshakes } from '../../tls/handshakes.js';
import { UnixListener } from '../../unix/unix-listener.js';
import { CallSet } from '../handlers/call-scope.js';
import { withJitter } from '../../tcp/jitter.js';
import { listenError, troubleFields } from '../handlers/wire.js';
import type { SocketAccess, TlsMaterial, WireOptions, WireServer } from '../handlers/wire.js';
import { jsonAnswer } from './answer.js';
import type { HttpAnswer, PlainRoute } from './answer.js';
import { isHopeless, readBody } from './body.js';
import { checkContentEncoding, requestDefect } from './checks.js';
import { answerParserFault, parserFault } from './client-error.js';
import type { ParserError } from './client-error.js';
import { Dispatcher } from './dispatcher.js';
import { Exchange, peerOf } from './exchange.js';
import { bodyTooLarge, HttpFault, httpStatusOf, pipelineFull } from './http-fault.js';
import { legacyRoutes } from './legacy/original.js';
import { workFor, type Found } from './found.js';
import { Listeners } from './listeners.js';
import { oneAtATime } from './one-at-a-time.js';
import { createNodeServer } from './node-server.js';
import type { ConnectionLimits } from './node-server.js';
import { openapi } from './openapi.js';
import { operationRoutes } from './operations.js';
import type { MetricsSource, Readiness } from './operations.js';
import { sendEvents } from './sse.js';
import { WebGuard } from './web/web-guard.js';
import type { WebRules } from './web/web-guard.js';

export interface HttpServerOptions extends WireOptions {
  /** For the routes of the original. */
  readonly leases: LeaseService;
  readonly ready: () => Readiness;
  readonly metrics: MetricsSource;
  /** Of the daemon, for /openapi.json. */
  readonly version: string;
  /** More routes, such as those of profiles. */
  readonly routes?: readonly PlainRoute[];
  readonly limits?: Partial<HttpLimits>;
  /** Which web pages may use it. Default: its own. */
  readonly web?: WebRules;
}

export interface HttpLimits extends ConnectionLimits {
  readonly bodyBytes: number;
  readonly urlBytes: number;
  readonly headerCount: number;
  /** How long a caller may take to read a whole answer; 0: without end. Streams and waits are not cut. */
  readonly writeTimeoutMs: number;
  /** A connection that is older, give or take a tenth, is closed with its next answer; 0: none is. */
  readonly maxAgeMs: number;
}

const DEFAULT_HTTP_LIMITS: HttpLimits = {
  bodyBytes: 1024 * 1024,
  urlBytes: 8 * 1024,
  headerCount: 200,
  headerBytes: 32 * 1024,
  readTimeoutMs: 10_000,
  writeTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
  maxAgeMs: 0,
};

/** Some route has them. All others are refused before fastify looks at them. */
const ROUTED_METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

/** How long aborted requests may take to send their answer. */
const ABORT_GRACE_MS = 500;

/** The HTTP wire: the gateway of all RPCs, the original's routes, and what tells of the daemon itself. */
export function createHttpServer(options: HttpServerOptions): WireServer {
  return new Http(options, { ...DEFAULT_HTTP_LIMITS, ...options.limits });
}

/**
 * fastify reads requests and sends answers; where they go is ours, since names in a path must be decoded
 * exactly once: it sees one route.
 */
class Http implements WireServer {
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  readonly #calls = new CallSet();
  readonly #dispatcher: Dispatcher;
  readonly #webGuard: WebGuard;
  readonly #exchanges = new WeakMap<IncomingMessage, Exchange>();
  /** The answer that a connection is at. */
  readonly #latest = new WeakMap<Socket, ServerResponse>();
  /** Connections on which nothing was asked yet: Node does not count them as idle. */
  readonly #silent = new Set<Socket>();
  /** Connections that did not get as far as to speak HTTP over TLS. */
  readonly #strangers = new WeakSet<Socket>();
  readonly #unixSockets = new WeakSet<Socket>();
  /** When connections are too old. */
  readonly #agedAtMs = new WeakMap<Socket, number>();
  readonly #fastify: FastifyInstance;
  readonly #listeners: Listeners;
  #unix: UnixListener | undefined;
  #stopping = false;

  constructor(options: HttpServerOptions, limits: HttpLimits) {
    this.#options = options;
    this.#limits = limits;
    let document: string | undefined;
    const plain = [
      ...operationRoutes({ ...options, openapi: () => (document ??= openapi(options)) }),
      ...legacyRoutes(options.leases, options.observer.defect),
      ...(options.routes ?? []),
    ];
    this.#dispatcher = new Dispatcher(options, plain, this.#calls);
    this.#webGuard = new WebGuard(
      options.web ?? { hosts: [], origins: [] },
      options.tls !== undefined,
    );
    this.#fastify = this.#createFastify();
    const { server: first } = this.#fastify;
    this.#listeners = new Listeners(first, () =>
      this.#createServer((...request) => first.emit('request', ...request)).on(
        'clientError',
        (...error) => first.emit('clientError', ...error),
      ),
    );
  }

  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    await this.#fastify.ready();
    try {
      // Not fastify's own `listen`: given a server of ours, it takes only the first address of a name.
      return await this.#listeners.listen(host, port);
    } catch (error) {
      throw listenError(error, `${host}, port ${port}`);
    }
  }

  async listenUnix(path: string, access?: SocketAccess): Promise<void> {
    const { first: server } = this.#listeners;
    // Past the handshake: what goes through a file crosses no network.
    const event = connectionEvent(server);
    const serve = (connection: Socket): void => {
      this.#unixSockets.add(connection);
      this.#options.admission.connections.enter('http', connection);
      server.emit(event, connection);
    };
    const open = UnixListener.open(path, serve, access);
    this.#unix = await open.catch((error: unknown) => {
      throw listenError(error, path);
    });
  }

  reloadTls(material: TlsMaterial): void {
    this.#listeners.reloadTls(material);
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const closed = Promise.all([
      ...[this.#listeners.close(), this.#fastify.close(), this.#unix?.close()],
    ]);
    for (const socket of this.#silent) socket.destroy();
    this.#calls.abort('stream');
    await this.#within(graceMs, closed);
    this.#calls.abort();
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
    const { observer } = this.#options;
    watchHandshakes(server, (socket, failure) => {
      this.#strangers.add(socket);
      if (failure !== undefined) observer.handshake({ wire: 'http', ...failure });
    });
    server.on('connection', (socket: Socket) => {
      if (!this.#unixSockets.has(socket)) this.#options.admission.connections.enter('http', socket);
    });
    return server.on(connectionEvent(server), (socket: Socket) => {
      this.#silent.add(socket);
      const { maxAgeMs } = this.#limits;
      const isMoved = maxAgeMs > 0 && !this.#unixSockets.has(socket);
      if (isMoved) this.#agedAtMs.set(socket, this.#options.clock.now() + withJitter(maxAgeMs));
      socket.once('close', () => this.#silent.delete(socket));
    });
  }

  #isAged(socket: Socket | null): boolean {
    const atMs = socket === null ? undefined : this.#agedAtMs.get(socket);
    return atMs !== undefined && this.#options.clock.now() >= atMs;
  }

  #createFastify(): FastifyInstance {
    const instance = fastify({
      serverFactory: (listener) =>
        this.#createServer(oneAtATime(listener, (socket) => this.#endFlood(socket))),
      rewriteUrl: (request) => {
        // Read from rawHeaders below: whatever it says, the body is bytes to fastify.
        delete request.headers['content-type'];
        return '/';
      },
      clientErrorHandler: (error, socket) => this.#onParserError(error, socket),
      exposeHeadRoutes: false,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
    });
    instance.addHook('onRequest', async (request, reply) => this.#begin(request, reply));
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
      this.#readBody(request, payload),
    );
    instance.route({
      method: [...ROUTED_METHODS],
      url: '/',
      handler: (request, reply) => this.#handle(request, reply),
    });
    instance.setErrorHandler((error, request, reply) => {
      this.#sendError(this.#exchangeOf(request.raw), reply, error);
    });
    return instance;
  }

  #begin({ raw }: FastifyRequest, reply: FastifyReply): void {
    const exchange = new Exchange(raw, reply.raw, this.#options);
    this.#exchanges.set(raw, exchange);
    this.#silent.delete(raw.socket);
    this.#latest.set(raw.socket, reply.raw);
    exchange.watch(this.#calls, this.#options.observer);
    for (const [name, value] of Object.entries(this.#webGuard.headers(raw))) {
      reply.raw.setHeader(name, value);
    }
    const defect =
      requestDefect(raw, urlOf(raw), this.#limits) ??
      this.#webGuard.defect(raw, this.#unixSockets.has(raw.socket));
    if (defect !== undefined) throw defect;
    const httpMethod = raw.method ?? '';
    const found = this.#dispatcher.find(httpMethod, urlOf(raw));
    exchange.found = found;
    // fastify has rules of its own for some of the others, such as QUERY.
    if (!ROUTED_METHODS.has(httpMethod)) this.#dispatcher.refuse(found);
    const refusal = exchange.enter(workFor(found, httpMethod));
    if (refusal === undefined) return;
    if (found.kind === 'rpc') exchange.method = found.match.method;
    throw refusal;
  }

  async #readBody({ raw }: FastifyRequest, payload: IncomingMessage): Promise<Buffer> {
    const { bodyBytes } = this.#limits;
    checkContentEncoding(raw.headers['content-encoding']);
    if (isHopeless(raw.headers['content-length'], bodyBytes)) throw bodyTooLarge(bodyBytes);
    const exchange = this.#exchangeOf(raw);
    return readBody(payload, bodyBytes, (bytes) => exchange.received(bytes));
  }

  async #handle({ raw, body }: FastifyRequest, reply: FastifyReply): Promise<void> {
    const exchange = this.#exchangeOf(raw);
    const preflight = this.#webGuard.preflight(raw);
    if (preflight !== undefined) {
      this.#send(exchange, reply, preflight);
      return;
    }
    try {
      const dispatched = await this.#dispatcher.dispatch({
        exchange,
        httpMethod: raw.method ?? '',
        found: foundBy(exchange),
        contentType: rawHeader(raw, 'content-type'),
        body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      });
      if (dispatched.kind === 'answer') {
        const refusal = exchange.answerRefusal(Buffer.byteLength(dispatched.answer.body));
        if (refusal !== undefined) throw refusal;
        exchange.trouble = dispatched.answer.trouble;
        this.#send(exchange, reply, dispatched.answer);
        return;
      }
      reply.hijack();
      await sendEvents(exchange, dispatched.messages, dispatched.textOf, this.#options);
    } catch (error) {
      this.#sendError(exchange, reply, error);
    }
  }

  #send(exchange: Exchange, reply: FastifyReply, answer: HttpAnswer): void {
    exchange.bytes = Buffer.byteLength(answer.body);
    exchange.buffer(exchange.bytes);
    exchange.limitWriting(this.#limits.writeTimeoutMs);
    if (this.#stopping || exchange.isGuest || this.#isAged(reply.raw.socket))
      reply.header('connection', 'close');
    reply
      .code(answer.status)
      .headers({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...(answer.status === 204 ? {} : { 'content-type': answer.contentType }),
        ...answer.headers,
      })
      .send(answer.body);
  }

  #sendError(exchange: Exchange, reply: FastifyReply, error: unknown): void {
    // Whatever is thrown once the call was aborted, the reason is what aborted it.
    const cause = exchange.scope.cause ?? error;
    const status = statusOf(cause, this.#options.observer.defect);
    exchange.trouble = status;
    const { found } = exchange;
    const route = found?.kind === 'plain' ? found.routes[0] : undefined;
    exchange.route ??= route?.path;
    const httpStatus = httpStatusOf(cause, status.code);
    const retryAfter =
      status.retryAfterMs === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(status.retryAfterMs / 1000)) };
    this.#send(exchange, reply, {
      ...(route?.refuse?.(httpStatus, status.message) ?? this.#statusAnswer(httpStatus, status)),
      headers: { ...retryAfter, ...(cause instanceof HttpFault ? cause.headers : {}) },
    });
  }

  #statusAnswer(httpStatus: number, status: WireStatus): HttpAnswer {
    return jsonAnswer(httpStatus, `${statusJson(this.#options.descriptors, status)}\n`);
  }

  /** Answers none of them: they are read in order, and the one under way may take long. */
  #endFlood(socket: Socket): void {
    const fault = pipelineFull();
    this.#observeUnread(socket, fault, 0);
    socket.destroy();
  }

  #onParserError(error: ParserError, socket: Socket): void {
    if (this.#strangers.has(socket)) {
      // Who speaks HTTP without TLS is answered elsewhere.
      if (error.code !== 'ERR_SSL_HTTP_REQUEST') socket.destroy();
      return;
    }
    const fault = parserFault(error, this.#limits.urlBytes);
    const latest = this.#latest.get(socket);
    // In the middle of an answer there is no place for another one.
    const isAnswering = latest?.headersSent === true && !latest.writableFinished;
    if (fault === undefined || isAnswering || !socket.writable) {
      socket.destroy();
      return;
    }
    const bytes = answerParserFault(socket, this.#options.descriptors, fault);
    this.#observeUnread(socket, fault, bytes);
  }

  /** For the access log: what was refused before it was known what it is. */
  #observeUnread(socket: Socket, fault: HttpFault, bytes: number): void {
    const { httpStatus, code } = fault;
    const entry = { wire: 'http', method: '(none)', durationMs: 0, code, httpStatus } as const;
    const trouble = troubleFields({ code, message: fault.message, reason: fault.details.reason });
    this.#options.observer.access({ ...entry, peer: peerOf(socket), bytes, ...trouble });
  }

  #exchangeOf(raw: IncomingMessage): Exchange {
    const exchange = this.#exchanges.get(raw);
    if (exchange === undefined) throw new TypeError('a request that did not begin');
    return exchange;
  }
}

/** Of a connection on which requests can come. */
function connectionEvent(server: object): 'secureConnection' | 'connection' {
  return server instanceof TlsServer ? 'secureConnection' : 'connection';
}

/** As it was sent: fastify sees what `rewriteUrl` made of it. */
function urlOf(raw: IncomingMessage & { readonly originalUrl?: string }): string {
  return raw.originalUrl ?? raw.url ?? '';
}

function rawHeader({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  const at = rawHeaders.findIndex(
    (header, index) => index % 2 === 0 && header.toLowerCase() === name,
  );
  return at < 0 ? undefined : rawHeaders[at + 1];
}

function foundBy({ found }: Exchange): Found {
  if (found === undefined) throw new TypeError('a request that was refused');
  return found;
}
