import { invalid } from '../../core/errors.js';
import { remembered } from '../../core/remembered.js';
import { writeMessage } from '../../protocol/json/write-message.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import { requestMessage } from './request-message.js';
import { didNothing } from '../admission/misses.js';
import type { CallSet } from '../handlers/call-scope.js';
import type { Handler, Message } from '../handlers/call.js';
import { encodedOnce } from '../handlers/encoded-once.js';
import { subject, subjectOf } from '../handlers/subject.js';
import type { WireOptions } from '../handlers/wire.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from './answer.js';
import { checkContentType, patchFormOf, type PatchForm } from './checks.js';
import { conditionsIn, entityAnswer } from './conditions.js';
import type { Exchange } from './exchange.js';
import { routeFor, type Found } from './found.js';
import { noSuchRoute, wrongMethod } from './http-fault.js';
import { Router } from './router.js';
import type { RouteMatch } from './router.js';
import { eventTextOf, type EventText } from './sse.js';
import { parseQuery, splitTarget } from './target.js';
import type { Target } from './target.js';

const SHORT_CHARACTERS = 4096;

/** A request whose body has arrived. */
export interface Received {
  readonly exchange: Exchange;
  readonly httpMethod: string;
  readonly found: Found;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** What is to be sent: all at once, or as it comes. */
export type Dispatched =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | {
      readonly kind: 'events';
      readonly textOf: EventText;
      readonly messages: AsyncIterable<Message>;
    };

/** Finds out what a request is for, and has it handled. */
export class Dispatcher {
  readonly #options: WireOptions;
  readonly #plain: readonly PlainRoute[];
  readonly #router: Router;
  readonly #calls: CallSet;
  /** For each method one, so that all its streams share what was written. */
  readonly #textOf = remembered(eventTextOf);
  readonly #bodyOf = remembered(answerBodyOf);

  constructor(options: WireOptions, plain: readonly PlainRoute[], calls: CallSet) {
    this.#options = options;
    this.#plain = plain;
    this.#router = new Router(options.descriptors.methods);
    this.#calls = calls;
  }

  /** @param url as it was sent. */
  find(httpMethod: string, url: string): Found {
    try {
      const target = splitTarget(url);
      if (target === undefined) throw noSuchRoute();
      const routes = this.#plain.filter(({ path }) => restOf(path, target.path) !== undefined);
      if (routes.length > 0) return { kind: 'plain', routes, target };
      const isHead = httpMethod === 'HEAD';
      const match = this.#router.match(isHead ? 'GET' : httpMethod, target.path);
      if (isHead && match.method.responseStream) throw wrongMethod(['GET']);
      return { kind: 'rpc', match, target };
    } catch (error) {
      return { kind: 'none', error };
    }
  }

  /** @throws HttpFault and Fault, and whatever a handler throws. */
  async dispatch(received: Received): Promise<Dispatched> {
    const { found } = received;
    switch (found.kind) {
      case 'none':
        throw found.error;
      case 'plain': {
        const answer = await this.#handlePlain(found.routes, received, found.target);
        return { kind: 'answer', answer };
      }
      case 'rpc':
        return this.#handleRpc(found.match, received, found.target);
    }
  }

  /** For a method that no route has. @throws HttpFault 405 with what the path takes, or 404. */
  refuse(found: Found): void {
    if (found.kind === 'none') throw found.error;
    if (found.kind === 'plain') throw wrongMethod(found.routes.map(({ method }) => method));
  }

  async #handlePlain(
    routes: readonly PlainRoute[],
    { exchange, httpMethod, contentType, body }: Received,
    { path, query }: Target,
  ): Promise<HttpAnswer> {
    exchange.route = routes[0]?.path;
    const route = routeFor(routes, httpMethod);
    if (route === undefined) throw wrongMethod(routes.map(({ method }) => method));
    this.#calls.add(exchange.scope, 'unary');
    const { request, scope } = exchange;
    const plain: PlainRequest = {
      headers: request.headers,
      contentType,
      rest: restOf(route.path, path) ?? '',
      query,
      body,
      remoteAddress: request.socket.remoteAddress ?? '',
      call: scope.call,
      about: (texts) => {
        exchange.subject = subject(texts);
      },
    };
    const { guard, audit } = this.#options;
    const { call } = scope;
    guard?.check(call, route.needs, plain);
    return audit.around(
      call,
      route.needs,
      plain,
      () => route.handle(plain),
      ({ status }) => `HTTP ${status}`,
    );
  }

  async #handleRpc(match: RouteMatch, received: Received, target: Target): Promise<Dispatched> {
    const { exchange, body, contentType } = received;
    exchange.method = match.method;
    // What the path says, should the rest not be readable.
    exchange.subject = subjectOf(Object.fromEntries(match.variables));
    const { headers } = exchange.request;
    const patchForm = formOf(match, body, contentType);
    const query = withLastEventId(match, target.query, headers['last-event-id']);
    const request = requestMessage(match, {
      query,
      body,
      conditions: conditionsIn(match.method, headers),
      patchForm,
    });
    exchange.subject = subjectOf(request);
    const handler = this.#handlerOf(match);
    if (handler.kind === 'serverStream') {
      this.#calls.add(exchange.scope, 'stream');
      const messages = await handler.handle(request, exchange.scope.call);
      return { kind: 'events', textOf: this.#textOf(match.method), messages };
    }
    if (handler.kind === 'bidi') {
      this.#calls.add(exchange.scope, 'stream');
      const { call } = exchange.scope;
      const messages = handler.handle(onlyRequest(request, call.signal), call);
      return {
        kind: 'events',
        textOf: this.#textOf(match.method),
        messages: await opened(messages),
      };
    }
    this.#calls.add(exchange.scope, 'unary');
    const response = await handler.handle(request, exchange.scope.call);
    exchange.isFound = !didNothing(response);
    const json = this.#bodyOf(match.method)(response);
    const isGet = match.method.http?.verb === 'GET';
    const ifNoneMatch = isGet ? headers['if-none-match'] : undefined;
    return {
      kind: 'answer',
      answer: entityAnswer(statusOf(handler, response), response, json, ifNoneMatch),
    };
  }

  #handlerOf({ method }: RouteMatch): Handler {
    const handler = this.#options.handlers.get(method.path);
    if (handler === undefined) throw new TypeError(`no handler for ${method.path}`);
    return handler;
  }
}

/** How the answers of a method are written. */
function answerBodyOf({ response }: MethodDescriptor): (message: Message) => string | Buffer {
  return encodedOnce((message) => {
    // At a terminal the prompt shall not stand behind it.
    const json = `${writeMessage(response, message)}\n`;
    // Of a short one Node makes one piece with the headers.
    return json.length > SHORT_CHARACTERS ? Buffer.from(json) : json;
  });
}

function statusOf({ otherStatus }: Extract<Handler, { kind: 'unary' }>, response: Message): number {
  return otherStatus?.isMeant(response) === true ? otherStatus.httpStatus : 200;
}

/** The requests of a stream over HTTP: the body, and no end before the caller goes away. */
async function* onlyRequest(request: Message, signal: AbortSignal): AsyncGenerator<Message> {
  yield request;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

/** Resolves when the first message is there, so that a request that is refused gets a status of its own. */
async function opened(messages: AsyncIterable<Message>): Promise<AsyncIterable<Message>> {
  const iterator = messages[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
}

/** What of a path stands for the `*` at the end of a route's; undefined if it is not the route's path. */
function restOf(routePath: string, path: string): string | undefined {
  if (!routePath.endsWith('/*')) return routePath === path ? '' : undefined;
  const prefix = routePath.slice(0, -1);
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

/** Whether the body is a patch itself. @throws HttpFault 415 */
function formOf(
  { method, isBody }: RouteMatch,
  body: Buffer,
  contentType: string | undefined,
): PatchForm {
  if (method.http?.verb === 'PATCH') return patchFormOf(contentType);
  if (isBody && body.length > 0) checkContentType(contentType);
  return 'message';
}

/** A browser that connects again says where it was; what the query says counts more. */
function withLastEventId(
  { method }: RouteMatch,
  query: string,
  lastEventId: string | string[] | undefined,
): string {
  const field = method.responseStream ? method.request.field('from_revision') : undefined;
  if (field === undefined || lastEventId === undefined || lastEventId === '') return query;
  if (typeof lastEventId !== 'string' || !/^[0-9]{1,19}$/.test(lastEventId)) {
    throw invalid('Last-Event-ID', 'must be the id of an event');
  }
  const { jsonName, protoName } = field;
  const isInQuery = parseQuery(query).some(([name]) => name === jsonName || name === protoName);
  return isInQuery ? query : `${query}&${protoName}=${lastEventId}`;
}
