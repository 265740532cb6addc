import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import { codeOfHttp } from '../../protocol/status.js';
import { CallScope, callerGone } from '../handlers/call-scope.js';
import type { CallSet } from '../handlers/call-scope.js';
import type { Subject } from '../handlers/subject.js';
import { troubleFields } from '../handlers/wire.js';
import type {
  AccessEntry,
  StatusName,
  Trouble,
  WireClock,
  WireObserver,
} from '../handlers/wire.js';

/** One request and its answer, from the headers of the one to the last byte of the other. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly scope: CallScope;
  /** For the access log: the route of what is no RPC, never the path itself. */
  route: string | undefined;
  subject: Subject = {};
  bytes = 0;
  /** The RPC that it is, once that is known. */
  method: MethodDescriptor | undefined;
  /** Undefined: none. */
  trouble: Trouble | undefined;
  readonly #peer: string;
  readonly #clock: WireClock;
  readonly #startMs: number;

  constructor(request: IncomingMessage, response: ServerResponse, clock: WireClock) {
    this.request = request;
    this.response = response;
    this.#peer = peerOf(request.socket);
    this.scope = new CallScope('http', this.#peer);
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  /** Aborts the call if the caller goes away first; tells the observer once it is over, whoever ended it. */
  watch(calls: CallSet, observer: WireObserver): void {
    this.response.once('close', () => {
      if (!this.response.writableFinished) {
        const gone = callerGone();
        this.scope.abort(gone);
        this.trouble = gone;
      }
      calls.delete(this.scope);
      observer.access(this.#entry());
      if (this.method === undefined) return;
      const { service, name } = this.method;
      const seconds = (this.#clock.now() - this.#startMs) / 1000;
      observer.rpc({ service, method: name, wire: 'http', code: this.#code, seconds });
    });
  }

  /** Cuts the connection if the caller does not take the answer within `timeoutMs`; 0: it has all the time. */
  limitWriting(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    const timer = this.#clock.timer(timeoutMs, () => this.response.destroy());
    this.response.once('close', () => timer.cancel());
  }

  get #code(): StatusName {
    if (this.trouble !== undefined) return this.trouble.code;
    // What is no RPC may know no faults.
    return this.method === undefined ? codeOfHttp(this.response.statusCode) : 'OK';
  }

  #entry(): AccessEntry {
    const { response, trouble } = this;
    return {
      wire: 'http',
      method: this.method?.path.slice(1) ?? this.#place(),
      peer: this.#peer,
      code: this.#code,
      // As with nginx: nobody was there any more to be answered.
      httpStatus: response.headersSent ? response.statusCode : 499,
      durationMs: this.#clock.now() - this.#startMs,
      bytes: this.bytes,
      ...this.subject,
      ...(trouble === undefined ? {} : troubleFields(trouble)),
    };
  }

  #place(): string {
    return this.route === undefined ? '(none)' : `${this.request.method ?? ''} ${this.route}`;
  }
}

/** Address and port of the other end, to be taken early: a connection that has ended has none any more. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined ? 'unix' : `${remoteAddress}:${remotePort ?? 0}`;
}
