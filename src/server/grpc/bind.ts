import { Metadata } from '@grpc/grpc-js';
import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import type { Fault } from '../../core/errors.js';
import { remembered } from '../../core/remembered.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import { workOf } from '../admission/work.js';
import { identify } from '../handlers/identify.js';
import { CallScope, callerGone, deadlinePassed } from '../handlers/call-scope.js';
import type { CallSet } from '../handlers/call-scope.js';
import type { Handler, Message } from '../handlers/call.js';
import { encodedOnce } from '../handlers/encoded-once.js';
import type { WireOptions } from '../handlers/wire.js';
import { CONNECTION_BROKEN } from '../../service/caller.js';
import type { Connections } from './connections.js';
import { decodeRequest } from './decode.js';
import type { Decoded } from './decode.js';
import { requestsOf } from './requests.js';
import { peerOf, presentedIn, userOf } from './stream.js';
import type { AnswerStream, ServerCall } from './stream.js';
import { accepted, answerCheck, begun, UnaryMethod } from './unary-method.js';
import { grpcError, wireError, type GrpcError } from './wire-error.js';

/** What a bound method shares with all others of its server. */
export interface Binding extends Pick<
  WireOptions,
  'descriptors' | 'clock' | 'observer' | 'admission' | 'guard'
> {
  readonly calls: CallSet;
  readonly connections: Connections;
  /** Where the gate finds the reason of a fault: by the metadata of its status. */
  readonly reasons: WeakMap<Metadata, string>;
}

type Unary = ServerUnaryCall<Decoded, Buffer>;
type ServerStream = ServerWritableStream<Decoded, Buffer>;
type Bidi = ServerDuplexStream<Decoded, Buffer>;

/** The definition of a method for grpc-js, with our decoding. Answers come to it as bytes: see `bind`. */
export function definitionOf(method: MethodDescriptor): ServiceDefinition[string] {
  return {
    ...method.definition,
    requestDeserialize: (bytes: Buffer): Decoded => decodeRequest(method, bytes),
    responseSerialize: (bytes: Buffer): Buffer => bytes,
  };
}

/** A handler as grpc-js calls it. @throws TypeError if it is not of its method's kind, or the method has no priority: a defect. */
export function bind(
  method: MethodDescriptor,
  handler: Handler,
  binding: Binding,
): UntypedHandleCall {
  const kind = method.requestStream ? 'bidi' : method.responseStream ? 'serverStream' : 'unary';
  // At the start, not with the first call.
  const work = workOf(method.path);
  if (handler.kind !== kind) throw new TypeError(`${method.path} needs a handler of kind ${kind}`);
  // Here, so that an answer that can't be written is a defect like any other, and its size is known.
  const write = encodedOnce((message) => method.definition.responseSerialize(message));
  const isRead = method.http?.verb === 'GET';
  const start = (scope: CallScope): Promise<void> | undefined =>
    begun(scope, work, isRead ? 'read' : 'write', binding.admission);
  const begin = (scope: CallScope, call: ServerCall): Promise<void> | undefined => {
    const identifying = identify(scope, () => presentedIn(call), work, binding);
    return identifying === undefined ? start(scope) : identifying.then(() => start(scope));
  };
  switch (handler.kind) {
    case 'unary': {
      const unary = new UnaryMethod(method, handler, binding);
      return (call: Unary, callback: sendUnaryData<Buffer>) => {
        void answer(call, binding, callback, (scope) =>
          unary.answer(call.request, scope, () => presentedIn(call)),
        );
      };
    }
    case 'serverStream': {
      const check = answerCheck(method, binding.admission);
      // Many who watch the same are given the same messages.
      const writeOnce = remembered(write);
      return (call: ServerStream) => {
        void stream(
          call,
          binding,
          (message, scope) => check(writeOnce(message), scope),
          async (scope) => {
            await begin(scope, call);
            return handler.handle(accepted(call.request), scope.call);
          },
        );
      };
    }
    case 'bidi':
      return (call: Bidi) => {
        void stream(call, binding, write, async (scope) => {
          await begin(scope, call);
          return handler.handle(messagesOf(call, scope), scope.call);
        });
      };
  }
}

async function answer(
  call: Unary,
  binding: Binding,
  callback: sendUnaryData<Buffer>,
  handle: (scope: CallScope) => Promise<Buffer>,
): Promise<void> {
  const scope = openScope(call, binding, 'unary');
  try {
    callback(null, await handle(scope));
  } catch (error) {
    // Of those who left there may be thousands, and nobody is told.
    if (!call.cancelled) callback(errorOf(error, scope, binding));
  } finally {
    binding.calls.delete(scope);
  }
}

async function stream(
  call: AnswerStream,
  binding: Binding,
  write: (message: Message, scope: CallScope) => Buffer,
  open: (scope: CallScope) => Promise<AsyncIterable<Message>>,
): Promise<void> {
  const scope = openScope(call, binding, 'stream');
  try {
    const messages = await open(scope);
    // So that the caller knows that it was taken, though nothing may happen for hours.
    call.sendMetadata(new Metadata());
    for await (const message of messages) {
      if (scope.cause !== undefined) break;
      if (!call.write(write(message, scope))) await drained(call, scope);
    }
    if (scope.cause !== undefined) throw scope.cause;
    call.end();
  } catch (error) {
    // grpc-js makes the status of what is emitted here.
    if (!call.cancelled) call.emit('error', errorOf(error, scope, binding));
  } finally {
    binding.calls.delete(scope);
  }
}

function openScope(
  call: ServerCall,
  { calls, clock, connections, admission }: Binding,
  kind: 'unary' | 'stream',
): CallScope {
  // grpc-js has it on the wall clock: a Date, or a number that is infinite if there is none.
  const deadline = Number(call.getDeadline());
  const deadlineMs = Number.isFinite(deadline) ? clock.now() + deadline - clock.wall() : undefined;
  const peer = peerOf(call);
  const user = userOf(admission, peer, call.metadata);
  const scope = new CallScope('grpc', peer, user, deadlineMs);
  calls.add(scope, kind);
  call.on('cancelled', () => {
    // grpc-js says so at the end of each call, however it ended.
    if (!calls.has(scope)) return;
    const late = deadlineMs !== undefined && clock.now() >= deadlineMs;
    // A connection that breaks may take a thousand calls with it.
    scope.abort(
      late ? deadlinePassed() : leftBy(peer, connections),
      admission.start('keep', 'write'),
    );
  });
  return scope;
}

/** Why a caller at that address does not wait any more. */
export function leftBy(peer: string, connections: Connections): Fault {
  return connections.hasBroken(peer) ? CONNECTION_BROKEN : callerGone();
}

async function* messagesOf(call: Bidi, { call: { signal } }: CallScope): AsyncGenerator<Message> {
  // What our requestDeserialize made.
  for await (const request of requestsOf<Decoded>(call, signal)) yield accepted(request);
}

/** Resolves when the caller has read enough, or the call is aborted. */
function drained(call: AnswerStream, scope: CallScope): Promise<void> {
  return new Promise((resolve) => {
    const { signal } = scope.call;
    const done = (): void => {
      call.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    call.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

function errorOf(error: unknown, scope: CallScope, binding: Binding): GrpcError {
  // Whatever a handler throws once it is aborted, the reason is what aborted it.
  return grpcError(wireError(scope.cause ?? error, binding), binding.reasons);
}
