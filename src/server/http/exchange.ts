import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault } from '../../core/errors.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import { codeOfHttp } from '../../protocol/status.js';
import { CallScope, callerGone } from '../handlers/call-scope.js';
import type { Found } from './found.js';
import type { CallSet } from '../handlers/call-scope.js';
import { SMALL_BYTES, type Admission } from '../admission/admission.js';
import { isOfNothing } from '../admission/misses.js';
import { isFirst, type Work } from '../admission/work.js';
import type { Subject } from '../handlers/subject.js';
import { troubleFields } from '../handlers/wire.js';
import type {
  AccessEntry,
  StatusName,
  Trouble,
  WireClock,
  WireObserver,
  WireOptions,
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
  /** Whether there was something to renew, release or the like. */
  isFound = true;
  /** Undefined: it was refused before. */
  found: Found | undefined;
  /** Whether the connection is to be closed after the answer. */
  isLast = false;
  readonly #peer: string;
  readonly #clock: WireClock;
  readonly #startMs: number;
  readonly #admission: Admission;
  readonly #user: string | undefined;
  /** What it would be of another caller. */
  #asked: Work = 'ask';
  /** Undefined: it was not taken on. */
  #work: Work | undefined;
  /** In memory: of the body, and of the answer that the caller has not taken. */
  #buffered = 0;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { clock, admission }: Pick<WireOptions, 'clock' | 'admission'>,
  ) {
    this.request = request;
    this.response = response;
    this.#peer = peerOf(request.socket);
    this.#admission = admission;
    this.#user = admission.userOf(request.socket.remoteAddress, () =>
      textOf(request.headers['x-forwarded-for']),
    );
    this.scope = new CallScope('http', this.#peer, this.#user);
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
      this.#leave();
      observer.access(this.#entry());
      if (this.method === undefined) return;
      const { service, name } = this.method;
      const seconds = (this.#clock.now() - this.#startMs) / 1000;
      observer.rpc({ service, method: name, wire: 'http', code: this.#code, seconds });
    });
  }

  /** @returns why it is not taken on; undefined: it is. Once. */
  enter(work: Work): Fault | undefined {
    const its = this.#admission.workFor(work, this.#peer, this.#user);
    const refusal = this.#admission.enter(its, this.#user, this.#peer);
    this.#asked = work;
    if (refusal === undefined) this.#work = its;
    return refusal;
  }

  /**
   * Resolves when a request that was taken on may begin; undefined: at once.
   * @throws what aborted it meanwhile.
   */
  start(): Promise<void> | undefined {
    if (this.#work === undefined) return undefined;
    const { method } = this.request;
    const isRead = method === 'GET' || method === 'HEAD';
    const turn = this.#admission.start(this.#work, isRead ? 'read' : 'write', this.#buffered);
    return turn?.then(() => {
      if (this.scope.cause !== undefined) throw this.scope.cause;
    });
  }

  /** Whether it came on the connection of a guest, who has to go after the answer. */
  get isGuest(): boolean {
    return this.#admission.connections.guestRefusal(this.#peer) !== undefined;
  }

  /** A part of the body has come. @returns why there is no room for it. */
  received(bytes: number): Fault | undefined {
    this.buffer(bytes);
    const isSmall = this.#buffered <= SMALL_BYTES;
    if (isSmall && this.#work !== undefined && isFirst(this.#work)) return undefined;
    return this.#admission.bufferRefusal(this.#user);
  }

  /** Why an answer is not sent, if it can be asked for again; undefined: it is. */
  answerRefusal(bytes: number): Fault | undefined {
    const canAskAgain = this.method?.http?.verb === 'GET';
    return canAskAgain ? this.#admission.answerRefusal(this.#user, bytes) : undefined;
  }

  /** Counts what is written, until `taken`, or its end. */
  buffer(bytes: number): void {
    // After its end nobody would count it back.
    if (this.response.closed) return;
    this.#buffered += bytes;
    this.#admission.buffer(this.#user, bytes);
  }

  taken(bytes: number): void {
    const counted = Math.min(bytes, this.#buffered);
    this.#buffered -= counted;
    this.#admission.unbuffer(this.#user, counted);
  }

  #leave(): void {
    if (this.#work !== undefined) {
      this.#admission.leave(this.#work, this.#user);
      this.#tellOutcome();
    }
    this.taken(this.#buffered);
  }

  /** Whether there was something to keep or give back; other faults say nothing of it. */
  #tellOutcome(): void {
    const code = this.#code;
    if (code !== 'OK' && !isOfNothing(code)) return;
    // The original's renewals know no NOT_FOUND.
    const isFound = code === 'OK' && this.isFound && this.response.statusCode !== 204;
    this.#admission.answered(this.#asked, this.#peer, this.#user, isFound);
  }

  /**
   * The system has not taken the whole answer: counts it. Cuts the connection if the caller does not read it within `timeoutMs`; 0: it
   * has all the time.
   */
  untaken(bytes: number, timeoutMs: number): void {
    this.buffer(bytes);
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

/** Of a header that may be there several times. */
function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',');
}

/** Address and port of the other end, to be taken early: a connection that has ended has none any more. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined ? 'unix' : `${remoteAddress}:${remotePort ?? 0}`;
}
