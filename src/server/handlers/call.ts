import type { Fault } from '../../core/errors.js';
import type { Caller, Rights } from '../../service/caller.js';
import type { Asked } from '../access/needs.js';
import type { Wire } from '../admission/connections.js';

/** One request, as a handler sees it beside its message. */
export interface Call extends Caller {
  readonly wire: Wire;
  /** Absent: nobody looks at it while it is under way. */
  readonly life?: CallLife;
}

/** What can be done to a call under way. */
export interface CallLife {
  rights: Rights | undefined;
  /** What it was allowed last, so that it can be asked again; undefined: it is over soon, or not yet begun. */
  allowed: Asked | undefined;
  /** Ends it, once, with what its caller is told. */
  abort(cause: Fault): void;
}

export type { Wire };

/** What a decoded message is, before a handler gives it its generated type. */
export type Message = object;

export type Handler =
  | {
      readonly kind: 'unary';
      readonly handle: (request: Message, call: Call) => Promise<Message>;
      /** Answers with another status than 200 over HTTP. */
      readonly otherStatus?: OtherStatus<Message> | undefined;
    }
  | {
      readonly kind: 'serverStream';
      /** Resolves once the stream is open. The stream must end soon after the call's signal aborts. */
      readonly handle: (request: Message, call: Call) => Promise<AsyncIterable<Message>>;
    }
  | {
      readonly kind: 'bidi';
      /** Must end soon after the signal aborts. Reads a request when it is ready for it; what it does not read waits at the caller. */
      readonly handle: (requests: AsyncIterable<Message>, call: Call) => AsyncIterable<Message>;
    };

/** Answers, no faults, that probes and load balancers shall know by their status. */
export interface OtherStatus<Response> {
  readonly httpStatus: number;
  /** Which ones, for /openapi.json: a sentence. */
  readonly description: string;
  readonly isMeant: (response: Response) => boolean;
}

/** Handlers by the full path of their method: `/sharedlock.v1.LockService/Acquire`. */
export type HandlerTable = ReadonlyMap<string, Handler>;

/**
 * A handler may name the type that was generated for its method's request (hence `never` here): the descriptor
 * of that very method decodes what it gets. `otherStatus` gets what it answered.
 */
export function unary(
  handle: (request: never, call: Call) => Promise<Message>,
  otherStatus?: OtherStatus<never>,
): Handler {
  return {
    kind: 'unary',
    handle: (request, call) => handle(request as never, call),
    otherStatus: otherStatus && {
      ...otherStatus,
      isMeant: (response) => otherStatus.isMeant(response as never),
    },
  };
}

/** As `unary`. */
export function serverStream(
  handle: (request: never, call: Call) => Promise<AsyncIterable<Message>>,
): Handler {
  return { kind: 'serverStream', handle: (request, call) => handle(request as never, call) };
}

/** As `unary`. */
export function bidi(
  handle: (requests: AsyncIterable<never>, call: Call) => AsyncIterable<Message>,
): Handler {
  return {
    kind: 'bidi',
    handle: (requests, call) => handle(requests as AsyncIterable<never>, call),
  };
}

/** The handlers of all services as one table. @throws TypeError if a method is there twice: a defect. */
export function mergeTables(...tables: readonly HandlerTable[]): HandlerTable {
  const merged = new Map<string, Handler>();
  for (const [path, handler] of tables.flatMap((table) => [...table])) {
    if (merged.has(path)) throw new TypeError(`two handlers for ${path}`);
    merged.set(path, handler);
  }
  return merged;
}
