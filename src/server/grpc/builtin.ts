import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type {
  Server,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation, protoPath as healthProto } from 'grpc-health-check';
import { loadForReflection } from '../../protocol/descriptors.js';
import { fileDescriptors } from '../../protocol/file-descriptors.js';
import { CallScope } from '../handlers/call-scope.js';
import type { CallSet } from '../handlers/call-scope.js';
import { decodeForLibrary } from './decode.js';
import { peerOf } from './stream.js';
import type { AnswerStream } from './stream.js';

type AddService = Pick<Server, 'addService'>;

/** Of both kinds; only one with requests can be paused. */
interface Stream extends AnswerStream {
  pause?(): void;
  resume?(): void;
}

/** grpc.health.v1: one status a service, and one of the whole under the empty name. */
export function addHealth(server: AddService, calls: CallSet): HealthImplementation {
  const health = new HealthImplementation();
  health.addToServer(endable(server, calls));
  return health;
}

/** grpc.reflection v1 and v1alpha, of our services, of itself and of health. */
export function addReflection(server: AddService, calls: CallSet): void {
  const files = fileDescriptors([
    loadForReflection(),
    loadSync(healthProto, { keepCase: true }),
    ...reflectionProtos().map((path) => loadSync(path, { keepCase: true })),
  ]);
  // The library reads nothing else of a definition than the files that it came with.
  const definition = { fileDescriptorProtos: files } as unknown as MessageTypeDefinition<
    object,
    object
  >;
  new ReflectionService({ files: definition }).addToServer(endable(server, calls));
}

function reflectionProtos(): string[] {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@grpc/reflection')), '../proto/grpc/reflection');
  return ['v1', 'v1alpha'].map((version) => join(folder, version, 'reflection.proto'));
}

/**
 * The libraries write their streams without looking whether anybody reads, and know no end of the server.
 * Around each of their streams: reading stops while answers can't be sent, and stopping ends it.
 */
function endable(server: AddService, calls: CallSet): AddService {
  return {
    addService: (service: ServiceDefinition, implementation: UntypedServiceImplementation) => {
      const streams = new Set(
        Object.entries(service).flatMap(([name, { responseStream, originalName }]) =>
          responseStream ? [name, originalName ?? name] : [],
        ),
      );
      const entries = Object.entries(implementation).map(([name, handle]) => [
        name,
        streams.has(name) ? tracked(handle, calls) : handle,
      ]);
      const definitions = Object.entries(service).map(([name, method]) => [
        name,
        { ...method, requestDeserialize: decodeForLibrary(method.path, method.requestDeserialize) },
      ]);
      // The same names with handlers of the same kinds.
      server.addService(
        Object.fromEntries(definitions) as ServiceDefinition,
        Object.fromEntries(entries) as UntypedServiceImplementation,
      );
    },
  };
}

function tracked(handle: UntypedHandleCall, calls: CallSet): UntypedHandleCall {
  return (call: Stream) => {
    const scope = new CallScope('grpc', peerOf(call));
    calls.add(scope, 'stream');
    scope.call.signal.addEventListener('abort', () => call.end(), { once: true });
    call.on('cancelled', () => calls.delete(scope));
    const write = call.write.bind(call);
    call.write = (message) => {
      if (scope.cause !== undefined) return false;
      const more = write(message);
      if (!more && call.pause !== undefined) {
        call.pause();
        call.once('drain', () => call.resume?.());
      }
      return more;
    };
    // A handler of a stream takes the call alone.
    (handle as (call: Stream) => void)(call);
  };
}
