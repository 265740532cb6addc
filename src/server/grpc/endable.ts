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

/** What the caller of a method is told if it may not call it. */
export type RefusalOf = (call: AnswerStream, path: string) => Promise<object | undefined>;

/**
 * The libraries write their streams without looking whether anybody reads, and know no end of the server.
 * Around each of their streams: reading stops while answers can't be sent, and stopping ends it.
 */
export function endable(server: AddService, calls: CallSet, refusalOf?: RefusalOf): AddService {
  return {
    addService: (service: ServiceDefinition, implementation: UntypedServiceImplementation) => {
      const streams = new Map(
        Object.entries(service).flatMap(([name, { responseStream, originalName, path }]) =>
          responseStream ? [name, originalName ?? name].map((each) => [each, path] as const) : [],
        ),
      );
      const entries = Object.entries(implementation).map(([name, handle]) => {
        const path = streams.get(name);
        return [name, path === undefined ? handle : tracked(handle, calls, path, refusalOf)];
      });
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

function tracked(
  handle: UntypedHandleCall,
  calls: CallSet,
  path: string,
  refusalOf: RefusalOf | undefined,
): UntypedHandleCall {
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
    const begin = (): void => (handle as (call: Stream) => void)(call);
    if (refusalOf === undefined) begin();
    else {
      void refusalOf(call, path).then((refusal) => {
        if (refusal === undefined) begin();
        else call.emit('error', refusal);
      });
    }
  };
}
