import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { CallSet } from '../handlers/call-scope.js';
import { endable } from './endable.js';
import type { AddService, RefusalOf } from './endable.js';
import type { LibraryMethod } from './reflection-library.js';

const METHOD = 'ServerReflectionInfo';

/** Their messages are the same on the wire. */
const SERVICES = [
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
];

type Call = ServerDuplexStream<unknown, unknown>;

/**
 * grpc.reflection v1 and v1alpha, of our services, of itself and of health. Few ask for it, and it takes a good part of what all
 * else of a start does: so the first call loads it.
 */
export function addReflection(server: AddService, calls: CallSet, refusalOf: RefusalOf): void {
  let loading: Promise<LibraryMethod> | undefined;
  const load = (): Promise<LibraryMethod> => (loading ??= loadLibrary());
  // Nothing of a stream is read before its handler asks for it, which is when that is loaded.
  let loaded: LibraryMethod | undefined;
  const definition = (): LibraryMethod['definition'] => {
    if (loaded === undefined) throw new TypeError('reflection was asked before it was loaded');
    return loaded.definition;
  };
  const handle = async (call: Call): Promise<void> => {
    try {
      loaded = await load();
      loaded.handle(call);
    } catch (error) {
      call.emit('error', error);
    }
  };
  for (const service of SERVICES) {
    const method = {
      path: `/${service}/${METHOD}`,
      requestStream: true,
      responseStream: true,
      requestSerialize: (message: unknown) => definition().requestSerialize(message),
      requestDeserialize: (bytes: Buffer): unknown => definition().requestDeserialize(bytes),
      responseSerialize: (message: unknown) => definition().responseSerialize(message),
      responseDeserialize: (bytes: Buffer): unknown => definition().responseDeserialize(bytes),
    };
    endable(server, calls, refusalOf).addService(
      { [METHOD]: method },
      { [METHOD]: (call: Call) => void handle(call) },
    );
  }
}

async function loadLibrary(): Promise<LibraryMethod> {
  const { libraryMethod } = await import('./reflection-library.js');
  return libraryMethod(METHOD);
}
