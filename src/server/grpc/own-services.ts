import type { Metadata, Server, ServiceDefinition, UntypedHandleCall } from '@grpc/grpc-js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import type { CallSet } from '../handlers/call-scope.js';
import type { WireOptions } from '../handlers/wire.js';
import { bind, definitionOf } from './bind.js';
import { CALL_STREAM, callStreamDefinition, CallStreams } from './call-stream/call-streams.js';
import { Pace } from './call-stream/pace.js';
import type { CallStreamParts } from './call-stream/parts.js';
import type { Connections } from './connections.js';
import type { GrpcLimits } from './limits.js';
import { UnaryMethod } from './unary-method.js';
import { grpcError, wireError } from './wire-error.js';

/** What all methods of a server share. */
export interface SharedParts {
  readonly calls: CallSet;
  readonly connections: Connections;
  readonly reasons: WeakMap<Metadata, string>;
}

type StreamParts = Pick<CallStreamParts, 'ended' | 'refusalOf'> & { readonly limits: GrpcLimits };

/** The streams that carry calls of every method with one request and one answer. */
export function callStreamsOf(
  options: WireOptions,
  { limits, calls, connections, reasons, ended, refusalOf }: SharedParts & StreamParts,
): CallStreams {
  const { handlers, descriptors, clock, observer, admission } = options;
  const { callStream, idleTimeoutMs, metadataBytes } = limits;
  const methods = descriptors.methods.flatMap((method) => {
    const handler = handlers.get(method.path);
    return handler?.kind === 'unary' ? new UnaryMethod(method, handler, options) : [];
  });
  return new CallStreams({
    ...{ descriptors, clock, observer, admission, methods, calls, connections, ended, refusalOf },
    pace: new Pace(clock),
    limits: { ...callStream, metadataBytes, idleTimeoutMs },
    fail: (wire, error) => {
      // grpc-js makes the status of what is emitted here.
      wire.emit('error', grpcError(wireError(error, options), reasons));
    },
  });
}

/** Our services: all of the descriptors. @returns their names. @throws TypeError for a method without a handler: a defect. */
export function addServices(
  server: Pick<Server, 'addService'>,
  options: WireOptions,
  shared: SharedParts,
  callStreams: CallStreams,
): readonly string[] {
  const { handlers, descriptors } = options;
  const services = byService(descriptors.methods);
  for (const methods of services.values()) {
    const definitions: Record<string, ServiceDefinition[string]> = {};
    const implementation: Record<string, UntypedHandleCall> = {};
    for (const method of methods) {
      const isCallStream = method.path === CALL_STREAM;
      const handler = handlers.get(method.path);
      if (isCallStream) {
        definitions[method.name] = callStreamDefinition(method);
        implementation[method.name] = callStreams.handler;
      } else if (handler !== undefined) {
        definitions[method.name] = definitionOf(method);
        implementation[method.name] = bind(method, handler, { ...options, ...shared });
      } else throw new TypeError(`no handler for ${method.path}`);
    }
    server.addService(definitions, implementation);
  }
  return [...services.keys()];
}

function byService(methods: readonly MethodDescriptor[]): Map<string, MethodDescriptor[]> {
  const services = new Map<string, MethodDescriptor[]>();
  for (const method of methods) {
    services.set(method.service, [...(services.get(method.service) ?? []), method]);
  }
  return services;
}
