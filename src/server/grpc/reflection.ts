import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { CallSet } from '../handlers/call-scope.js';
import { endable } from './endable.js';
import type { AddService } from './endable.js';
import type { LibraryService } from './reflection-library.js';

const METHOD = 'ServerReflectionInfo';

const SERVICES = [
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
];

type Call = ServerDuplexStream<unknown, unknown>;

/**
 * grpc.reflection v1 and v1alpha, of our services, of itself and of health. Few ask for it, and it takes as long to load as
 * all else that a start does: so the first call loads it.
 */
export function addReflection(server: AddService, calls: CallSet): void {
  let loading: Promise<ReadonlyMap<string, LibraryService>> | undefined;
  const load = (): Promise<ReadonlyMap<string, LibraryService>> => (loading ??= loadLibrary());
  for (const service of SERVICES) {
    // Nothing of a stream is read before its handler asks for it, which is when that is loaded.
    let loaded: LibraryService | undefined;
    const definition = (): LibraryService['definition'] => {
      if (loaded === undefined) throw new TypeError(`${service} was asked before it was loaded`);
      return loaded.definition;
    };
    const method = {
      path: `/${service}/${METHOD}`,
      requestStream: true,
      responseStream: true,
      requestSerialize: (message: unknown) => definition().requestSerialize(message),
      requestDeserialize: (bytes: Buffer): unknown => definition().requestDeserialize(bytes),
      responseSerialize: (message: unknown) => definition().responseSerialize(message),
      responseDeserialize: (bytes: Buffer): unknown => definition().responseDeserialize(bytes),
    };
    const handle = async (call: Call): Promise<void> => {
      try {
        loaded = (await load()).get(service);
        if (loaded === undefined) throw new TypeError(`the library has no ${service}`);
        loaded.handle(call);
      } catch (error) {
        call.emit('error', error);
      }
    };
    endable(server, calls).addService(
      { [METHOD]: method },
      { [METHOD]: (call: Call) => void handle(call) },
    );
  }
}

async function loadLibrary(): Promise<ReadonlyMap<string, LibraryService>> {
  const { libraryServices } = await import('./reflection-library.js');
  return libraryServices();
}
