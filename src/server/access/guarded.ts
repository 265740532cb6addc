import type { Call, Handler, HandlerTable, Message } from '../handlers/call.js';
import { isTold, type Audit } from './audit.js';
import type { Guard } from './guard.js';
import { needsOf, type Needs } from './needs.js';

/** Calls with one answer that may wait for it long, and do nothing that would be undone by their end. */
const WAITS: ReadonlySet<string> = new Set([
  '/sharedlock.v1.LockService/Acquire',
  '/sharedlock.v1.ElectionService/Campaign',
]);

/**
 * The same handlers, behind the guard; undefined: there is none. What people ask about later is told to the audit.
 * @throws TypeError if a method does not say what it needs, also without a guard: a defect.
 */
export function guarded(
  handlers: HandlerTable,
  guard: Guard | undefined,
  audit: Audit,
): HandlerTable {
  const behind = new Map<string, Handler>();
  for (const [path, handler] of handlers) {
    const needs = needsOf(path);
    const told = audited(handler, needs, audit);
    behind.set(path, guardedHandler(told, { guard, needs, canEnd: WAITS.has(path) }));
  }
  return behind;
}

function audited(handler: Handler, needs: Needs<object>, audit: Audit): Handler {
  if (handler.kind !== 'unary' || !isTold(needs)) return handler;
  return {
    ...handler,
    handle: (request: Message, call: Call) =>
      audit.around(call, needs, request, () => handler.handle(request, call)),
  };
}

interface Guarding {
  readonly guard: Guard | undefined;
  readonly needs: Needs<object>;
  /** Of a call with one answer. */
  readonly canEnd: boolean;
}

function guardedHandler(handler: Handler, { guard, needs, canEnd }: Guarding): Handler {
  if (handler.kind === 'bidi') {
    return {
      ...handler,
      handle: (requests: AsyncIterable<Message>, call: Call) =>
        handler.handle(checked(requests, call, needs, guard), call),
    };
  }
  if (guard === undefined) return handler;
  // Which of both kinds it is, its answer shows.
  if (handler.kind === 'unary') {
    return {
      ...handler,
      handle: async (request: Message, call: Call) => {
        guard.check(call, needs, request, canEnd);
        return handler.handle(request, call);
      },
    };
  }
  return {
    ...handler,
    handle: async (request: Message, call: Call) => {
      guard.check(call, needs, request, true);
      return handler.handle(request, call);
    },
  };
}

/** What a request of a stream can have beside, or instead of, what it asks for. */
interface WithToken {
  readonly token?: string;
  readonly name?: string;
  readonly leaseId?: string;
}

/**
 * Each request as it comes: the first one says what the stream is about, and others may name something else. A new token is for the guard alone.
 */
async function* checked(
  requests: AsyncIterable<Message>,
  call: Call,
  needs: Needs<object>,
  guard: Guard | undefined,
): AsyncGenerator<Message> {
  for await (const request of requests) {
    const { token = '', name = '', leaseId = '0' }: WithToken = request;
    if (token !== '') await guard?.renew(call, token);
    if (token !== '' && name === '' && leaseId === '0') continue;
    guard?.check(call, needs, request, true);
    yield request;
  }
}
