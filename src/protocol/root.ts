import protobuf from 'protobufjs';
import { SCHEMA } from './generated/schema.js';

/** Writes and reads a message in protobuf's binary form. */
export interface Codec {
  readonly serialize: (message: object) => Buffer;
  readonly deserialize: (bytes: Uint8Array | protobuf.Reader) => object;
}

/** As the generated types have messages: int64 and enums as text, every field there. */
const CONVERSION = { longs: String, enums: String, defaults: true, oneofs: true };

interface Api {
  readonly nested: {
    readonly google: protobuf.INamespace;
    readonly sharedlock: { readonly nested: { readonly v1: { readonly nested: Nested } } };
  };
}

type Nested = Record<string, protobuf.AnyNestedObject>;

/** The API as `npm run generate` wrote it: to read the .proto files takes five times as long. */
export function loadRoot(): protobuf.Root {
  return protobuf.Root.fromJSON(JSON.parse(SCHEMA) as protobuf.INamespace);
}

/** Of ours only one service or message, and what it refers to: the whole takes 15 ms, more than all else that a call needs. */
export function loadPart(fullName: string): protobuf.Root {
  const { nested } = JSON.parse(SCHEMA) as Api;
  const { google, sharedlock } = nested;
  const name = fullName.replace(/^sharedlock\.v1\./, '');
  const v1 = { nested: reachable(sharedlock.nested.v1.nested, name) };
  return protobuf.Root.fromJSON({ nested: { google, sharedlock: { nested: { v1 } } } });
}

function reachable(all: Nested, first: string): Nested {
  const names = new Set([first]);
  const found: Nested = {};
  // What is added while it goes round, it comes to.
  for (const name of names) {
    const object = Object.hasOwn(all, name) ? all[name] : undefined;
    if (object === undefined) continue;
    found[name] = object;
    for (const reference of referencesIn(object)) names.add(reference);
  }
  return found;
}

const REFERENCES = new Set(['type', 'requestType', 'responseType']);

/** A member of such a name is one if it is text: a field may have the name as well. */
function referencesIn(object: object): string[] {
  return Object.entries(object).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return referencesIn(value);
    return typeof value === 'string' && REFERENCES.has(key) ? [value.replace(/\..*/, '')] : [];
  });
}

/** @throws TypeError if there is no such message: a defect. */
export function typeOf(root: protobuf.Root, fullName: string): protobuf.Type {
  try {
    return root.lookupType(fullName);
  } catch (error) {
    throw new TypeError(`no message ${fullName}`, { cause: error });
  }
}

/** `sharedlock.v1.Lock`; protobufjs begins it with a dot. */
export function fullNameOf(object: protobuf.ReflectionObject): string {
  return object.fullName.slice(1);
}

export function codecOf(type: protobuf.Type): Codec {
  return {
    serialize: (message) => Buffer.from(type.encode(type.fromObject(message)).finish()),
    deserialize: (bytes) => type.toObject(type.decode(bytes), CONVERSION),
  };
}

/** @throws TypeError if a message of it is missing: a defect. */
export function messagesOf(
  method: protobuf.Method,
): readonly [request: protobuf.Type, response: protobuf.Type] {
  method.resolve();
  const { resolvedRequestType, resolvedResponseType } = method;
  if (resolvedRequestType === null || resolvedResponseType === null) {
    throw new TypeError(`${method.fullName} has no messages`);
  }
  return [resolvedRequestType, resolvedResponseType];
}
