import type { IncomingHttpHeaders } from 'node:http';
import type { Call } from '../handlers/call.js';
import type { Subject } from '../handlers/subject.js';
import type { Trouble } from '../handlers/wire.js';
import type { Needs } from '../access/needs.js';
import type { Work } from '../admission/work.js';

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the access log, of an answer that is a fault's. */
  readonly trouble?: Trouble;
}

/** A route beside those of the services. */
export interface PlainRoute {
  /** One fixed path, or, if it ends with `/*`, every path below. */
  readonly path: string;
  /** GET also answers HEAD. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly handle: (request: PlainRequest) => Promise<HttpAnswer> | HttpAnswer;
  /** What its caller must be allowed to. Nothing, where the handler refuses the request itself because it can't be read. */
  readonly needs: Needs<PlainRequest>;
  /** Default: `ask`. */
  readonly work?: Work;
  /**
   * How its callers know errors, for one before it could be handled, such as a body that is too large. Absent: as a
   * google.rpc.Status.
   */
  readonly refuse?: (status: number, message: string) => HttpAnswer;
}

export interface PlainRequest {
  readonly headers: IncomingHttpHeaders;
  /** As it was sent; undefined: none was. */
  readonly contentType: string | undefined;
  /** What stands for the `*` of the route's path, as it was sent; empty if it has none. */
  readonly rest: string;
  /** As it was sent, without its `?`. */
  readonly query: string;
  readonly body: Buffer;
  readonly remoteAddress: string;
  readonly call: Call;
  /** Tells the access log what the request is about. */
  readonly about?: (subject: Subject) => void;
}

export function textAnswer(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

export function jsonAnswer(status: number, body: string | Buffer): HttpAnswer {
  return { status, contentType: 'application/json', body };
}
