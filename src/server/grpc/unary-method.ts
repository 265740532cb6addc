import { isFault, type Fault } from '../../core/errors.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import type { Admission } from '../admission/admission.js';
import { didNothing } from '../admission/misses.js';
import { workOf, type Work } from '../admission/work.js';
import type { CallScope } from '../handlers/call-scope.js';
import type { Call, Handler, Message } from '../handlers/call.js';
import { decodeRequest, type Decoded } from './decode.js';

type UnaryHandler = Extract<Handler, { readonly kind: 'unary' }>;

/** A method with one request and one answer, from bytes to bytes: whether a call of it is one of gRPC, or one of many in a stream. */
export class UnaryMethod {
  readonly descriptor: MethodDescriptor;
  readonly work: Work;
  readonly #handler: UnaryHandler;
  readonly #admission: Admission;
  readonly #check: AnswerCheck;
  readonly #kind: 'read' | 'write';

  /** @throws TypeError if it has no priority: a defect. */
  constructor(descriptor: MethodDescriptor, handler: UnaryHandler, admission: Admission) {
    this.descriptor = descriptor;
    this.work = workOf(descriptor.path);
    this.#handler = handler;
    this.#admission = admission;
    this.#kind = descriptor.http?.verb === 'GET' ? 'read' : 'write';
    this.#check = answerCheck(descriptor, admission);
  }

  decode(bytes: Buffer): Decoded {
    return decodeRequest(this.descriptor, bytes);
  }

  /** @throws what the handler throws; Fault of a request that could not be read, or of an answer that is not sent. */
  async answer(request: Decoded, scope: CallScope): Promise<Buffer> {
    await begun(scope, this.work, this.#kind, this.#admission);
    const message = await this.#observed(request, scope.call);
    // Here, so that an answer that can't be written is a defect like any other, and its size is known.
    return this.#check(this.descriptor.definition.responseSerialize(message), scope);
  }

  /** Tells whether there was something to keep, or to give back. */
  async #observed(request: Decoded, call: Call): Promise<Message> {
    const { peer = '' } = call;
    try {
      const message = await this.#handler.handle(accepted(request), call);
      this.#admission.answered(this.work, peer, !didNothing(message));
      return message;
    } catch (error) {
      if (isFault(error, 'NOT_FOUND')) this.#admission.answered(this.work, peer, false);
      throw error;
    }
  }
}

/** Resolves when it is the call's turn; undefined: that is now. @throws what aborted it meanwhile. */
export function begun(
  scope: CallScope,
  work: Work,
  kind: 'read' | 'write',
  admission: Admission,
): Promise<void> | undefined {
  const turn = admission.start(admission.workFor(work, scope.call.peer ?? ''), kind);
  return turn?.then(() => {
    if (scope.cause !== undefined) throw scope.cause;
  });
}

/** Hands on the bytes of an answer. @throws Fault if they are too many now, and can be asked for again. */
export type AnswerCheck = (bytes: Buffer, scope: CallScope) => Buffer;

export function answerCheck({ http }: MethodDescriptor, admission: Admission): AnswerCheck {
  if (http?.verb !== 'GET') return (bytes) => bytes;
  return (bytes, { call }) => {
    const refusal: Fault | undefined = admission.answerRefusal(call.user, bytes.length);
    if (refusal !== undefined) throw refusal;
    return bytes;
  };
}

/** @throws Fault that says what is wrong with it. */
export function accepted(request: Decoded): Message {
  if (!request.ok) throw request.fault;
  return request.message;
}
