import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { statusJson, statusOf } from '../../protocol/status.js';
import type { WireStatus } from '../../protocol/status.js';
import type { CallSet } from '../handlers/call-scope.js';
import type { WireOptions } from '../handlers/wire.js';
import { jsonAnswer } from './answer.js';
import type { HttpAnswer, PlainRoute } from './answer.js';
import { isHopeless, readBody } from './body.js';
import { checkContentEncoding, requestDefect } from './checks.js';
import type { Connections } from './connections.js';
import { Dispatcher } from './dispatcher.js';
import { Exchange } from './exchange.js';
import { isOpen, workFor, type Found } from './found.js';
import { bodyTooLarge, HttpFault, httpStatusOf } from './http-fault.js';
import type { HttpLimits } from './limits.js';
import { presentedIn } from './presented-in.js';
import { sendEvents } from './sse.js';
import { WebGuard } from './web/web-guard.js';
import type { WebRules } from './web/web-guard.js';

/** Some route has them. All others are refused before fastify looks at them. */
const ROUTED_METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

export interface RequestsOptions extends WireOptions {
  /** Which web pages may use it. Default: its own. */
  readonly web?: WebRules;
}

export interface RequestsParts {
  readonly limits: HttpLimits;
  readonly connections: Connections;
  /** Those under way. */
  readonly calls: CallSet;
  readonly plain: readonly PlainRoute[];
}

/**
 * Each request from its headers to its answer. fastify reads requests and sends answers; where they go is ours, since names in a
 * path must be decoded exactly once: it sees one route.
 */
export class Requests {
  /** Set when the server stops: then connections are closed after their answers. */
  isStopping = false;
  readonly #options: RequestsOptions;
  readonly #limits: HttpLimits;
  readonly #calls: CallSet;
  readonly #connections: Connections;
  readonly #dispatcher: Dispatcher;
  readonly #webGuard: WebGuard;
  readonly #exchanges = new WeakMap<IncomingMessage, Exchange>();

  constructor(options: RequestsOptions, { limits, connections, calls, plain }: RequestsParts) {
    this.#options = options;
    this.#limits = limits;
    this.#calls = calls;
    this.#connections = connections;
    this.#dispatcher = new Dispatcher(options, plain, calls);
    const web = options.web ?? { hosts: [], origins: [] };
    this.#webGuard = new WebGuard(web, options.tls !== undefined);
  }

  /** Answers all that a fastify gets. */
  serve(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', async (request, reply) => this.#begin(request, reply));
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
      this.#readBody(request, payload),
    );
    fastify.route({
      method: [...ROUTED_METHODS],
      url: '/',
      handler: (request, reply) => this.#handle(request, reply),
    });
    fastify.setErrorHandler((error, request, reply) => {
      this.#sendError(this.#exchangeOf(request.raw), reply, error);
    });
  }

  #begin({ raw }: FastifyRequest, reply: FastifyReply): void {
    const exchange = new Exchange(raw, reply.raw, this.#options);
    this.#exchanges.set(raw, exchange);
    this.#connections.asked(raw.socket, reply.raw);
    exchange.watch(this.#calls, this.#options.observer);
    for (const [name, value] of Object.entries(this.#webGuard.headers(raw))) {
      reply.raw.setHeader(name, value);
    }
    const defect =
      requestDefect(raw, urlOf(raw), this.#limits) ??
      this.#webGuard.defect(raw, this.#connections.isUnix(raw.socket));
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
      await this.#identify(exchange);
      const turn = exchange.start();
      if (turn !== undefined) await turn;
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

  /** @throws Fault if what the request says of its sender is wrong. Health is told to everybody. */
  async #identify({ scope, request, found }: Exchange): Promise<void> {
    const { guard } = this.#options;
    if (guard === undefined || found === undefined || isOpen(found, request.method ?? '')) return;
    const isUnix = this.#connections.isUnix(request.socket);
    scope.principal = await guard.identify(presentedIn(request, isUnix));
  }

  #send(exchange: Exchange, reply: FastifyReply, answer: HttpAnswer): void {
    exchange.bytes = Buffer.byteLength(answer.body);
    exchange.buffer(exchange.bytes);
    exchange.limitWriting(this.#limits.writeTimeoutMs);
    if (this.isStopping || exchange.isGuest || this.#connections.isAged(reply.raw.socket))
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
      headers: {
        ...retryAfter,
        ...(status.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {}),
        ...(cause instanceof HttpFault ? cause.headers : {}),
      },
    });
  }

  #statusAnswer(httpStatus: number, status: WireStatus): HttpAnswer {
    return jsonAnswer(httpStatus, `${statusJson(this.#options.descriptors, status)}\n`);
  }

  #exchangeOf(raw: IncomingMessage): Exchange {
    const exchange = this.#exchanges.get(raw);
    if (exchange === undefined) throw new TypeError('a request that did not begin');
    return exchange;
  }
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
