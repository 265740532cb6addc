import type { IncomingMessage, ServerResponse } from 'node:http';
import { statusJson, statusOf } from '../../protocol/status.js';
import type { WireStatus } from '../../protocol/status.js';
import { identify } from '../handlers/identify.js';
import type { CallSet } from '../handlers/call-scope.js';
import type { WireOptions } from '../handlers/wire.js';
import { jsonAnswer } from './answer.js';
import type { HttpAnswer, PlainRoute } from './answer.js';
import { hasBody, isHopeless, NO_BODY, readBody } from './body.js';
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

/** Some route has them. */
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

/** Each request from its headers to its answer. */
export class Requests {
  /** Set when the server stops: then connections are closed after their answers. */
  isStopping = false;
  readonly #options: RequestsOptions;
  readonly #limits: HttpLimits;
  readonly #calls: CallSet;
  readonly #connections: Connections;
  readonly #dispatcher: Dispatcher;
  readonly #webGuard: WebGuard;

  constructor(options: RequestsOptions, { limits, connections, calls, plain }: RequestsParts) {
    this.#options = options;
    this.#limits = limits;
    this.#calls = calls;
    this.#connections = connections;
    this.#dispatcher = new Dispatcher(options, plain, calls);
    const web = options.web ?? { hosts: [], origins: [] };
    this.#webGuard = new WebGuard(web, options.tls !== undefined);
  }

  /** Answers one request. Never throws. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(request, response, this.#options);
    this.#connections.asked(request.socket, response);
    exchange.watch(this.#calls, this.#options.observer);
    this.#webGuard.setHeaders(request, response);
    try {
      const found = this.#begin(exchange);
      const body = hasBody(request) ? await this.#bodyOf(exchange) : NO_BODY;
      const preflight = this.#webGuard.preflight(request);
      if (preflight !== undefined) this.#send(exchange, preflight);
      else await this.#answer(exchange, found, body);
    } catch (error) {
      this.#sendError(exchange, error);
    }
  }

  /** Finds out what is asked. @throws why it is not taken on. */
  #begin(exchange: Exchange): Found {
    const { request } = exchange;
    const { method: httpMethod = '', url = '' } = request;
    const defect =
      requestDefect(request, url, this.#limits) ??
      this.#webGuard.defect(request, this.#connections.isUnix(request.socket));
    if (defect !== undefined) throw defect;
    const found = this.#dispatcher.find(httpMethod, url);
    exchange.found = found;
    // Whatever body they have is not read.
    if (!ROUTED_METHODS.has(httpMethod)) this.#dispatcher.refuse(found);
    const refusal = exchange.enter(workFor(found, httpMethod));
    if (refusal === undefined) return found;
    if (found.kind === 'rpc') exchange.method = found.match.method;
    throw refusal;
  }

  async #bodyOf(exchange: Exchange): Promise<Buffer> {
    const { request } = exchange;
    const { bodyBytes } = this.#limits;
    // Until it is read: where it can't be, more of it may come.
    exchange.isLast = true;
    checkContentEncoding(request.headers['content-encoding']);
    if (isHopeless(request.headers['content-length'], bodyBytes)) throw bodyTooLarge(bodyBytes);
    const body = await readBody(request, bodyBytes, (bytes) => exchange.received(bytes));
    exchange.isLast = false;
    return body;
  }

  async #answer(exchange: Exchange, found: Found, body: Buffer): Promise<void> {
    const { request } = exchange;
    const identifying = this.#identify(exchange, found);
    if (identifying !== undefined) await identifying;
    const turn = exchange.start();
    if (turn !== undefined) await turn;
    const dispatched = await this.#dispatcher.dispatch({
      exchange,
      httpMethod: request.method ?? '',
      found,
      contentType: request.headers['content-type'],
      body,
    });
    if (dispatched.kind === 'events') {
      await sendEvents(exchange, dispatched.messages, dispatched.textOf, this.#options);
      return;
    }
    const { answer } = dispatched;
    const refusal = exchange.answerRefusal(Buffer.byteLength(answer.body));
    if (refusal !== undefined) throw refusal;
    exchange.trouble = answer.trouble;
    this.#send(exchange, answer);
  }

  /** As `identify`. Health is told to everybody. */
  #identify({ scope, request }: Exchange, found: Found): Promise<void> | undefined {
    const { guard, admission, clock } = this.#options;
    const { method = '' } = request;
    if (guard === undefined || isOpen(found, method)) return undefined;
    const isUnix = this.#connections.isUnix(request.socket);
    const work = workFor(found, method);
    return identify(scope, () => presentedIn(request, isUnix), work, { guard, admission, clock });
  }

  #send(exchange: Exchange, answer: HttpAnswer): void {
    const { request, response } = exchange;
    // Nobody is there any more.
    if (response.destroyed) return;
    const isClosing =
      exchange.isLast ||
      this.isStopping ||
      exchange.isGuest ||
      this.#connections.isAged(request.socket);
    const bytes = Buffer.byteLength(answer.body);
    exchange.bytes = bytes;
    response.writeHead(answer.status, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // RFC 9110, 8.6: an answer that can have no content says nothing of it.
      ...(answer.status === 204
        ? undefined
        : { 'content-type': answer.contentType, 'content-length': bytes }),
      ...answer.headers,
      ...(isClosing ? { connection: 'close' } : undefined),
    });
    response.end(answer.body);
    // As a rule the system has taken all of it by now.
    if (response.writableLength > 0) exchange.untaken(bytes, this.#limits.writeTimeoutMs);
  }

  #sendError(exchange: Exchange, error: unknown): void {
    // Whatever is thrown once the call was aborted, the reason is what aborted it.
    const cause = exchange.scope.cause ?? error;
    const status = statusOf(cause, this.#options.observer.defect);
    exchange.trouble = status;
    const { found, response } = exchange;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const route = found?.kind === 'plain' ? found.routes[0] : undefined;
    exchange.route ??= route?.path;
    const httpStatus = httpStatusOf(cause, status.code);
    const retryAfter =
      status.retryAfterMs === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(status.retryAfterMs / 1000)) };
    this.#send(exchange, {
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
}
