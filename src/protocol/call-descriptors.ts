import protobuf from 'protobufjs';
import { callSchema, fullNameOf } from './call-schema.js';
import { checkIntegers } from './check-integers.js';
import type { Codec } from './descriptors.js';
import { SCHEMA } from './generated/schema.js';
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

/** As the generated types have messages: int64 and enums as text, every field there. */
const CONVERSION = { longs: String, enums: String, defaults: true, oneofs: true };

/**
 * The API from the schema that is part of the program: a fifth of the time that reading the .proto files takes, which
 * counts for a command that makes one call. Reflection and HTTP need `loadDescriptors`.
 */
export function loadCallDescriptors(): CallDescriptors {
  // What `npm run generate` wrote.
  const root = protobuf.Root.fromJSON(JSON.parse(SCHEMA) as protobuf.INamespace);
  const codecs = new Map<string, Codec>();
  const methods = new Map<string, CallMethod>();
  const codec = (fullName: string): Codec => {
    const known = codecs.get(fullName) ?? codecOf(typeOf(root, fullName));
    codecs.set(fullName, known);
    return known;
  };
  return {
    codec,
    method: (path) => {
      const known = methods.get(path) ?? methodOf(root, path, codec);
      methods.set(path, known);
      return known;
    },
  };
}

function methodOf(
  root: protobuf.Root,
  path: string,
  codec: (fullName: string) => Codec,
): CallMethod {
  const [, service = '', name = ''] = path.split('/');
  const method = root.lookupService(service).methods[name];
  if (method === undefined) throw new TypeError(`no method ${path}`);
  method.resolve();
  const { resolvedRequestType, resolvedResponseType } = method;
  if (resolvedRequestType === null || resolvedResponseType === null) {
    throw new TypeError(`${path} has no messages`);
  }
  const request = codec(fullNameOf(resolvedRequestType));
  const response = codec(fullNameOf(resolvedResponseType));
  return {
    path,
    checkRequest: (message) => checkIntegers(resolvedRequestType, message),
    requestSerialize: (message) => request.serialize(message),
    responseDeserialize: (bytes) => response.deserialize(bytes),
    response: () => callSchema(resolvedResponseType),
  };
}

function typeOf(root: protobuf.Root, fullName: string): protobuf.Type {
  try {
    return root.lookupType(fullName);
  } catch (error) {
    throw new TypeError(`no message ${fullName}`, { cause: error });
  }
}

function codecOf(type: protobuf.Type): Codec {
  return {
    serialize: (message) => Buffer.from(type.encode(type.fromObject(message)).finish()),
    deserialize: (bytes) => type.toObject(type.decode(bytes), CONVERSION),
  };
}
