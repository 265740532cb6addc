import type {
  ServerDuplexStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
// Not the package's own entry, which makes a second one for v1alpha: that takes as long again, in the same turn of the loop.
import { ReflectionV1Implementation } from '@grpc/reflection/build/src/implementations/reflection-v1.js';
import { REFLECTION_FILES } from '../../protocol/generated/reflection.js';

/** The only method of the service. */
export interface LibraryMethod {
  readonly definition: ServiceDefinition[string];
  readonly handle: (call: ServerDuplexStream<unknown, unknown>) => void;
}

/** The library's grpc.reflection.v1, on the files of all that this daemon serves. @param method of which it has one. */
export function libraryMethod(method: string): LibraryMethod {
  const files = REFLECTION_FILES.map((text) => Buffer.from(text, 'base64'));
  // The library reads nothing else of a definition than the files that it came with.
  const definition = { fileDescriptorProtos: files } as unknown as MessageTypeDefinition<
    object,
    object
  >;
  const found: LibraryMethod[] = [];
  // All that it asks of a server.
  const collector: unknown = {
    addService: (service: ServiceDefinition, implementation: UntypedServiceImplementation) => {
      const { [method]: own } = service;
      // A handler of a stream takes the call alone.
      const handle = implementation[method] as LibraryMethod['handle'];
      if (own !== undefined) found.push({ definition: own, handle });
    },
  };
  new ReflectionV1Implementation({ files: definition }).addToServer(collector as AddToServer);
  const [only] = found;
  if (only === undefined) throw new TypeError(`the library has no ${method}`);
  return only;
}

type AddToServer = Parameters<ReflectionV1Implementation['addToServer']>[0];
