import type { Presented } from '../../../core/access/presented.js';
import type { FramedCall } from '../../../protocol/call-frames/request-frame.js';
import type { Fault } from '../../../core/errors.js';
import type { Work } from '../../admission/work.js';
import { CallScope, deadlinePassed } from '../../handlers/call-scope.js';
import { subjectOf, type Subject } from '../../handlers/subject.js';
import type { CallEnd } from '../gate.js';
import type { UnaryMethod } from '../unary-method.js';
import { wireError, type WireError } from '../wire-error.js';
import type { CallStreamParts } from './parts.js';

/** Whom a call tells what becomes of it. */
export interface CallOwner {
  /** Once, unless the caller has left. */
  answered(call: StreamedCall, outcome: Buffer | WireError): void;
  /** Its work is over, and what it took is free: maybe long after its caller gave it up. */
  ended(call: StreamedCall): void;
}

/** Where the calls of a stream come from. */
export interface Origin {
  readonly peer: string;
  readonly user: string | undefined;
  /** What the stream brings to say who calls. */
  readonly presented: Presented;
}

const NO_SUBJECT: Subject = {};
/** The longest delay of a timer of Node.js, about 25 days; a longer wait is left to the caller. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One call of a stream: admitted, run, logged and counted as a call of its own would be. */
export class StreamedCall {
  readonly id: number;
  readonly method: UnaryMethod;
  readonly requestBytes: number;
  readonly #parts: CallStreamParts;
  readonly #owner: CallOwner;
  readonly #origin: Origin;
  readonly #startMs: number;
  #work: Work;
  #subject = NO_SUBJECT;
  #scope: CallScope | undefined;
  #timer: { cancel(): void } | undefined;
  #isAnswered = false;

  constructor(
    parts: CallStreamParts,
    owner: CallOwner,
    origin: Origin,
    of: { readonly id: number; readonly method: UnaryMethod; readonly requestBytes: number },
  ) {
    this.id = of.id;
    this.method = of.method;
    this.requestBytes = of.requestBytes;
    this.#parts = parts;
    this.#owner = owner;
    this.#origin = origin;
    this.#startMs = parts.clock.now();
    this.#work = of.method.work;
  }

  /** Nothing of it is done. */
  refuse(fault: Fault): void {
    this.#finish(this.#parts.refusalOf(fault));
  }

  run({ request, timeoutMs, authorization = [] }: FramedCall): void {
    const { admission, calls } = this.#parts;
    const { peer, user, presented } = this.#origin;
    this.#work = admission.workFor(this.method.work, peer, user);
    const refused = admission.enter(this.#work, user, peer);
    if (refused !== undefined) {
      this.refuse(refused);
      this.#owner.ended(this);
      return;
    }
    const deadlineMs = timeoutMs === undefined ? undefined : this.#startMs + timeoutMs;
    const scope = new CallScope('grpc', peer, user, deadlineMs);
    this.#scope = scope;
    calls.add(scope, 'unary');
    this.#limit(timeoutMs);
    const decoded = this.method.decode(request);
    if (decoded.ok) this.#subject = subjectOf(decoded.message);
    // A call that brings a token of its own is that caller's, as it would be by itself.
    const shown = (): Presented =>
      authorization.length === 0 ? presented : { ...presented, authorization };
    void this.method.answer(decoded, scope, shown).then(this.#succeeded, this.#failed);
  }

  /** It is not waited for any more, and answered with the cause. */
  giveUp(cause: Fault): void {
    if (this.#isAnswered) return;
    this.#scope?.abort(cause);
    this.#finish(wireError(cause, this.#parts));
  }

  /** There is nobody any more to be answered. */
  leave(cause: Fault): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#timer?.cancel();
    this.#scope?.abort(cause);
    this.#parts.ended(this.#end({ code: undefined, details: '', reason: undefined, bytes: 0 }));
  }

  #limit(timeoutMs: number | undefined): void {
    if (timeoutMs === undefined || timeoutMs > MAX_TIMER_MS) return;
    this.#timer = this.#parts.clock.timer(timeoutMs, () => this.giveUp(deadlinePassed()));
  }

  readonly #succeeded = (response: Buffer): void => {
    this.#close();
    if (!this.#isAnswered) this.#finish(response);
    this.#owner.ended(this);
  };

  readonly #failed = (error: unknown): void => {
    this.#close();
    // Whatever a handler throws once it is aborted, the reason is what aborted it.
    if (!this.#isAnswered) this.#finish(wireError(this.#scope?.cause ?? error, this.#parts));
    this.#owner.ended(this);
  };

  #close(): void {
    const { admission, calls } = this.#parts;
    admission.leave(this.#work, this.#origin.user);
    if (this.#scope !== undefined) calls.delete(this.#scope);
  }

  #finish(outcome: Buffer | WireError): void {
    this.#isAnswered = true;
    this.#timer?.cancel();
    this.#owner.answered(this, outcome);
    const isOk = Buffer.isBuffer(outcome);
    const how = isOk
      ? { code: 0, details: '', reason: undefined, bytes: outcome.length }
      : { code: outcome.code, details: outcome.message, reason: outcome.reason, bytes: 0 };
    this.#parts.ended(this.#end(how));
  }

  #end(how: Pick<CallEnd, 'code' | 'details' | 'reason' | 'bytes'>): CallEnd {
    const { path } = this.method.descriptor;
    const { peer } = this.#origin;
    const durationMs = this.#parts.clock.now() - this.#startMs;
    return { path, peer, subject: this.#subject, durationMs, ...how };
  }
}
