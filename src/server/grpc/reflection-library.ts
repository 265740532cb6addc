import type {
  ServerDuplexStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { REFLECTION_FILES } from '../../protocol/generated/reflection.js';

/** One version of the service, with its only method. */
export interface LibraryService {
  readonly definition: ServiceDefinition[string];
  readonly handle: (call: ServerDuplexStream<unknown, unknown>) => void;
}

/** The services of the library, by their names, on the files of all that this daemon serves. */
export function libraryServices(): ReadonlyMap<string, LibraryService> {
  const files = REFLECTION_FILES.map((text) => Buffer.from(text, 'base64'));
  // The library reads nothing else of a definition than the files that it came with.
  const definition = { fileDescriptorProtos: files } as unknown as MessageTypeDefinition<
    object,
    object
  >;
  const services = new Map<string, LibraryService>();
  // All that it asks of a server.
  const collector: unknown = {
    addService: (service: ServiceDefinition, implementation: UntypedServiceImplementation) => {
      for (const [name, method] of Object.entries(service)) {
        const [, serviceName = ''] = method.path.split('/');
        // A handler of a stream takes the call alone.
        const handle = implementation[name] as LibraryService['handle'];
        services.set(serviceName, { definition: method, handle });
      }
    },
  };
  new ReflectionService({ files: definition }).addToServer(collector as AddToServer);
  return services;
}

type AddToServer = Parameters<ReflectionService['addToServer']>[0];
