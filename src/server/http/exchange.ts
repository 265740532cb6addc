import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import { CallScope, callerGone } from '../handlers/call-scope.js';
import type { CallSet } from '../handlers/call-scope.js';
import type { AccessEntry, RpcObservation, WireClock, WireObserver } from '../handlers/wire.js';

/** One request and its answer, from the headers of the one to the last byte of the other. */
export class Exchange {
  readonly scope = new CallScope('http');
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** For the access log: never the path itself. */
  route = '(none)';
  bytes = 0;
  /** The RPC that it is, once that is known, and the code of its answer. */
  method: MethodDescriptor | undefined;
  code: RpcObservation['code'] = 'OK';
  readonly #clock: WireClock;
  readonly #startMs: number;

  constructor(request: IncomingMessage, response: ServerResponse, clock: WireClock) {
    this.request = request;
    this.response = response;
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  /** Aborts the call if the caller goes away first; tells the observer once it is over, whoever ended it. */
  watch(calls: CallSet, observer: WireObserver): void {
    this.response.once('close', () => {
      if (!this.response.writableFinished) {
        this.scope.abort(callerGone());
        this.code = 'CANCELLED';
      }
      calls.delete(this.scope);
      observer.access(this.#entry());
      if (this.method === undefined) return;
      const { service, name } = this.method;
      const seconds = (this.#clock.now() - this.#startMs) / 1000;
      observer.rpc({ service, method: name, wire: 'http', code: this.code, seconds });
    });
  }

  /** Cuts the connection if the caller does not take the answer within `timeoutMs`; 0: it has all the time. */
  limitWriting(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    const timer = this.#clock.timer(timeoutMs, () => this.response.destroy());
    this.response.once('close', () => timer.cancel());
  }

  #entry(): AccessEntry {
    return {
      wire: 'http',
      method: this.request.method ?? '',
      route: this.route,
      // As with nginx: nobody was there any more to be answered.
      status: this.response.headersSent ? this.response.statusCode : 499,
      durationMs: this.#clock.now() - this.#startMs,
      bytes: this.bytes,
    };
  }
}
