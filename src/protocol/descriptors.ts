import protobuf from 'protobufjs';
import { codecOf, fullNameOf, loadRoot, messagesOf, typeOf } from './root.js';
import type { Codec } from './root.js';
import { SchemaSet } from './schema.js';
import { StrictReader } from './strict-reader.js';
import type { MessageSchema } from './schema.js';

/** What the daemon speaks. */
export interface Descriptors {
  readonly methods: readonly MethodDescriptor[];
  /** @throws TypeError if there is no such message: a defect. */
  message(fullName: string): MessageSchema;
  /** @throws TypeError if there is no such message: a defect. */
  codec(fullName: string): Codec;
}

export interface MethodDescriptor {
  /** `/sharedlock.v1.LockService/Acquire` */
  readonly path: string;
  /** `sharedlock.v1.LockService` */
  readonly service: string;
  /** `Acquire` */
  readonly name: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly request: MessageSchema;
  readonly response: MessageSchema;
  /** As grpc-js wants it. */
  readonly definition: Definition;
  /** @throws Error of any kind for bytes that are no such message, or that have text that is not UTF-8. */
  decodeRequest(bytes: Buffer): object;
  /** Its `google.api.http` annotation, if it has one. */
  readonly http: HttpRule | undefined;
}

export interface Definition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (message: object) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => object;
  readonly responseSerialize: (message: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

export interface HttpRule {
  readonly verb: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  /** `/v1/locks/{name}:acquire` */
  readonly template: string;
  /** Whether the body is the request message; else its fields come from the path and the query. */
  readonly body: boolean;
}

/** Once a process is enough. */
export function loadDescriptors(): Descriptors {
  const root = loadRoot();
  const schemas = new SchemaSet(root);
  return {
    methods: servicesIn(root).flatMap((service) =>
      service.methodsArray.map((method) => methodDescriptor(service, method, schemas)),
    ),
    message: (fullName) => schemas.message(fullName),
    codec: (fullName) => codecOf(typeOf(root, fullName)),
  };
}

function servicesIn(parent: protobuf.NamespaceBase): protobuf.Service[] {
  return parent.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Service) return [nested];
    return nested instanceof protobuf.Namespace ? servicesIn(nested) : [];
  });
}

function methodDescriptor(
  owner: protobuf.Service,
  method: protobuf.Method,
  schemas: SchemaSet,
): MethodDescriptor {
  const service = fullNameOf(owner);
  const path = `/${service}/${method.name}`;
  const [requestType, responseType] = messagesOf(method);
  const [request, response] = [codecOf(requestType), codecOf(responseType)];
  const requestStream = method.requestStream === true;
  const responseStream = method.responseStream === true;
  return {
    ...{ path, service, name: method.name, requestStream, responseStream },
    request: schemas.message(fullNameOf(requestType)),
    response: schemas.message(fullNameOf(responseType)),
    definition: {
      ...{ path, requestStream, responseStream },
      requestSerialize: request.serialize,
      requestDeserialize: request.deserialize,
      responseSerialize: response.serialize,
      responseDeserialize: response.deserialize,
    },
    decodeRequest: (bytes) => request.deserialize(new StrictReader(bytes)),
    http: httpRule(path, method.options),
  };
}

const VERBS = {
  get: 'GET',
  put: 'PUT',
  post: 'POST',
  delete: 'DELETE',
  patch: 'PATCH',
} as const;

/** protobufjs has an annotation's members as options of their own. */
function httpRule(path: string, options: protobuf.Method['options']): HttpRule | undefined {
  const rule = new Map(
    Object.entries(options ?? {}).flatMap(([name, value]): [string, unknown][] =>
      name.startsWith('(google.api.http).')
        ? [[name.slice('(google.api.http).'.length), value]]
        : [],
    ),
  );
  if (rule.size === 0) return undefined;
  for (const [key, verb] of Object.entries(VERBS)) {
    const template = rule.get(key);
    if (typeof template !== 'string') continue;
    return { verb, template, body: rule.get('body') === '*' };
  }
  throw new TypeError(`${path}: its google.api.http annotation names no verb`);
}
