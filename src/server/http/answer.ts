import type { IncomingHttpHeaders } from 'node:http';
import type { Call } from '../handlers/call.js';

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route at one fixed path, beside those of the services. */
export interface PlainRoute {
  readonly path: string;
  /** GET also answers HEAD. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly handle: (request: PlainRequest) => Promise<HttpAnswer> | HttpAnswer;
}

export interface PlainRequest {
  readonly headers: IncomingHttpHeaders;
  /** As it was sent, without its `?`. */
  readonly query: string;
  readonly body: Buffer;
  readonly remoteAddress: string;
  readonly call: Call;
}

export function textAnswer(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

export function jsonAnswer(status: number, body: string): HttpAnswer {
  return { status, contentType: 'application/json', body };
}
