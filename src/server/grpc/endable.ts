import type {
  Server,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { CallScope } from '../handlers/call-scope.js';
import type { CallSet } from '../handlers/call-scope.js';
import { decodeForLibrary } from './decode.js';
import { peerOf } from './stream.js';
import type { AnswerStream } from './stream.js';

/** As much of a server as the services of libraries are added to. */
export type AddService = Pick<Server, 'addService'>;

/** Of both kinds; only one with requests can be paused. */
interface Stream extends AnswerStream {
  pause?(): void;
  resume?(): void;
}

/**
 * The libraries write their streams without looking whether anybody reads, and know no end of the server.
 * Around each of their streams: reading stops while answers can't be sent, and stopping ends it.
 */
export function endable(server: AddService, calls: CallSet): AddService {
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
