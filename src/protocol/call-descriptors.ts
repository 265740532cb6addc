import type protobuf from 'protobufjs';
import { checkIntegers } from './check-integers.js';
import { codecOf, fullNameOf, loadPart, messagesOf, typeOf } from './root.js';
import type { Codec } from './root.js';
import { SchemaSet } from './schema.js';
import type { MessageSchema } from './schema.js';

/** One method, as one who calls it needs it. */
export interface CallMethod {
  /** `/sharedlock.v1.LockService/Acquire` */
  readonly path: string;
  /** @throws Fault INVALID_ARGUMENT for an integer that does not fit its field: it would be sent as another one. */
  readonly checkRequest: (message: object) => void;
  readonly requestSerialize: (message: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
  /** For who writes the answer as JSON; made when it is asked for. */
  readonly response: () => MessageSchema;
}

/** What callers need of the API. */
export interface CallDescriptors {
  /** By path. @throws TypeError if there is no such method: a defect. */
  method(path: string): CallMethod;
  /** @throws TypeError if there is no such message: a defect. */
  codec(fullName: string): Codec;
}

/** Each service and message is made when it is asked for, which counts for a command that makes one call. */
export function loadCallDescriptors(): CallDescriptors {
  const roots = new Map<string, protobuf.Root>();
  const rootOf = (fullName: string): protobuf.Root => {
    const root = roots.get(fullName) ?? loadPart(fullName);
    roots.set(fullName, root);
    return root;
  };
  const codecs = new Map<string, Codec>();
  const methods = new Map<string, CallMethod>();
  return {
    codec: (fullName) => {
      const known = codecs.get(fullName) ?? codecOf(typeOf(rootOf(fullName), fullName));
      codecs.set(fullName, known);
      return known;
    },
    method: (path) => {
      const known = methods.get(path) ?? methodOf(path, rootOf);
      methods.set(path, known);
      return known;
    },
  };
}

function methodOf(path: string, rootOf: (service: string) => protobuf.Root): CallMethod {
  const [, service = '', name = ''] = path.split('/');
  const root = rootOf(service);
  const method = root.lookupService(service).methods[name];
  if (method === undefined) throw new TypeError(`no method ${path}`);
  const [requestType, responseType] = messagesOf(method);
  const [request, response] = [codecOf(requestType), codecOf(responseType)];
  return {
    path,
    checkRequest: (message) => checkIntegers(requestType, message),
    requestSerialize: request.serialize,
    responseDeserialize: response.deserialize,
    response: () => new SchemaSet(root).message(fullNameOf(responseType)),
  };
}
