import type { Presented } from '../../core/access/presented.js';
import { isFault, type Fault } from '../../core/errors.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import type { Admission } from '../admission/admission.js';
import { didNothing, isOfNothing } from '../admission/misses.js';
import { workOf, type Work } from '../admission/work.js';
import type { CallScope } from '../handlers/call-scope.js';
import type { Call, Handler, Message } from '../handlers/call.js';
import { identify, type IdentifyParts } from '../handlers/identify.js';
import { encodedOnce } from '../handlers/encoded-once.js';
import { decodeRequest, type Decoded } from './decode.js';

type UnaryHandler = Extract<Handler, { readonly kind: 'unary' }>;

/** A method with one request and one answer, from bytes to bytes: whether a call of it is one of gRPC, or one of many in a stream. */
export class UnaryMethod {
  readonly descriptor: MethodDescriptor;
  readonly work: Work;
  readonly #handler: UnaryHandler;
  readonly #parts: IdentifyParts;
  readonly #admission: Admission;
  readonly #write: (message: Message) => Buffer;
  readonly #check: AnswerCheck;
  readonly #kind: 'read' | 'write';

  /** @throws TypeError if it has no priority: a defect. */
  constructor(descriptor: MethodDescriptor, handler: UnaryHandler, parts: IdentifyParts) {
    const { admission } = parts;
    this.descriptor = descriptor;
    this.work = workOf(descriptor.path);
    this.#handler = handler;
    this.#parts = parts;
    this.#admission = admission;
    this.#kind = descriptor.http?.verb === 'GET' ? 'read' : 'write';
    // Here, so that an answer that can't be written is a defect like any other, and its size is known.
    this.#write = encodedOnce((message) => descriptor.definition.responseSerialize(message));
    this.#check = answerCheck(descriptor, admission);
  }

  decode(bytes: Buffer): Decoded {
    return decodeRequest(this.descriptor, bytes);
  }

  /**
   * @param presented what the call brings to say who makes it.
   * @throws what the handler throws; Fault of a caller who is not known, of a request that could not be read, or of an answer that is not sent.
   */
  async answer(request: Decoded, scope: CallScope, presented: () => Presented): Promise<Buffer> {
    const identifying = identify(scope, presented, this.work, this.#parts);
    if (identifying !== undefined) await identifying;
    const turn = begun(scope, this.work, this.#kind, this.#admission);
    if (turn !== undefined) await turn;
    // Of others nobody asks whether they found something.
    const answering =
      this.work === 'keep' ? this.#observed(request, scope) : this.#handle(request, scope.call);
    return this.#check(this.#write(await answering), scope);
  }

  /** Tells whether there was something to keep, or to give back. */
  async #observed(request: Decoded, { call, wireUser: user }: CallScope): Promise<Message> {
    const { peer = '' } = call;
    try {
      const message = await this.#handle(request, call);
      this.#admission.answered(this.work, peer, user, !didNothing(message));
      return message;
    } catch (error) {
      if (isFault(error) && isOfNothing(error.code)) {
        this.#admission.answered(this.work, peer, user, false);
      }
      throw error;
    }
  }

  async #handle(request: Decoded, call: Call): Promise<Message> {
    return this.#handler.handle(accepted(request), call);
  }
}

/** Resolves when it is the call's turn; undefined: that is now. @throws what aborted it meanwhile. */
export function begun(
  scope: CallScope,
  work: Work,
  kind: 'read' | 'write',
  admission: Admission,
): Promise<void> | undefined {
  const { peer = '' } = scope.call;
  const turn = admission.start(admission.workFor(work, peer, scope.wireUser), kind);
  return turn?.then(() => {
    if (scope.cause !== undefined) throw scope.cause;
  });
}

/** Hands on the bytes of an answer. @throws Fault if they are too many now, and can be asked for again. */
export type AnswerCheck = (bytes: Buffer, scope: CallScope) => Buffer;

export function answerCheck({ http }: MethodDescriptor, admission: Admission): AnswerCheck {
  if (http?.verb !== 'GET') return (bytes) => bytes;
  return (bytes, { wireUser }) => {
    const refusal: Fault | undefined = admission.answerRefusal(wireUser, bytes.length);
    if (refusal !== undefined) throw refusal;
    return bytes;
  };
}

/** @throws Fault that says what is wrong with it. */
export function accepted(request: Decoded): Message {
  if (!request.ok) throw request.fault;
  return request.message;
}
