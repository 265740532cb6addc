import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import type { MethodDefinition, PackageDefinition } from '@grpc/proto-loader';
import { SchemaSet } from './schema.js';
import { StrictReader } from './strict-reader.js';
import type { MessageSchema, RawEnum, RawMessage } from './schema.js';

/**
 * The same files for server reflection: with the names of fields as they are written there.
 * Reads them again, about 30 ms.
 */
export function loadForReflection(): PackageDefinition {
  return loadSync(protoFiles(), { keepCase: true, includeDirs: protoFolders() });
}

/** What the daemon speaks, from the .proto files that travel with it. */
export interface Descriptors {
  /** For grpc-js and reflection. */
  readonly packages: PackageDefinition;
  readonly methods: readonly MethodDescriptor[];
  /** @throws TypeError if there is no such message: a defect. */
  message(fullName: string): MessageSchema;
  /** Writes and reads a message in protobuf's binary form. */
  codec(fullName: string): Codec;
}

export interface Codec {
  serialize(message: object): Buffer;
  deserialize(bytes: Buffer): object;
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
  readonly definition: MethodDefinition<object, object>;
  /** @throws Error of any kind for bytes that are no such message, or that have text that is not UTF-8. */
  decodeRequest(bytes: Buffer): object;
  /** Its `google.api.http` annotation, if it has one. */
  readonly http: HttpRule | undefined;
}

export interface HttpRule {
  readonly verb: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  /** `/v1/locks/{name}:acquire` */
  readonly template: string;
  /** Whether the body is the request message; else its fields come from the path and the query. */
  readonly body: boolean;
}

const FILES = [
  'sharedlock/v1/call.proto',
  'sharedlock/v1/config.proto',
  'sharedlock/v1/counter.proto',
  'sharedlock/v1/election.proto',
  'sharedlock/v1/lease.proto',
  'sharedlock/v1/lock.proto',
  'sharedlock/v1/message.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
];

/** The folders of our .proto files and of Google's, which travel with protobufjs. */
export function protoFolders(): string[] {
  const require = createRequire(import.meta.url);
  return [join(packageRoot(), 'proto'), dirname(require.resolve('protobufjs/package.json'))];
}

/** The .proto files of our services, to be looked up in `protoFolders`. */
export function protoFiles(): string[] {
  return FILES.map((file) => join(packageRoot(), 'proto', file));
}

/** The nearest folder above this file that has the .proto files: it is the same from src/ and from dist/. */
function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'proto', 'sharedlock'))) return folder;
    if (folder === dirname(folder)) {
      throw new Error('the folder proto/ is missing: the installation is damaged, install again');
    }
  }
}

/** Reads the .proto files: about 30 ms. Once a process is enough. */
export function loadDescriptors(): Descriptors {
  const packages = loadSync(protoFiles(), {
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
    includeDirs: protoFolders(),
  });
  const schemas = new SchemaSet(rawTypes(packages));
  return {
    packages,
    methods: Object.entries(packages).flatMap(([service, definition]) =>
      isService(definition)
        ? Object.entries(definition).map(([name, method]) =>
            methodDescriptor(service, name, method, schemas),
          )
        : [],
    ),
    message: (fullName) => schemas.message(fullName),
    codec: (fullName) => codecOf(packages, fullName),
  };
}

type AnyDefinition = PackageDefinition[string];
type Service = Record<string, MethodDefinition<object, object>>;

function isService(definition: AnyDefinition): definition is Service {
  // proto-loader marks messages and enums with a string; a service is a map of its methods.
  return typeof definition.format !== 'string';
}

function rawTypes(packages: PackageDefinition): Map<string, RawMessage | RawEnum> {
  const raw = new Map<string, RawMessage | RawEnum>();
  for (const [name, definition] of Object.entries(packages)) {
    if (isService(definition)) continue;
    // proto-loader types it `object`; it is a (Enum)DescriptorProto, as its `format` says.
    raw.set(name, definition.type as RawMessage | RawEnum);
  }
  return raw;
}

function codecOf(packages: PackageDefinition, fullName: string): Codec {
  const definition = packages[fullName];
  if (definition === undefined || isService(definition) || !('serialize' in definition)) {
    throw new TypeError(`no message ${fullName}`);
  }
  const { serialize, deserialize } = definition;
  return {
    serialize: (message) => serialize(message),
    deserialize: (bytes) => deserialize(bytes),
  };
}

function methodDescriptor(
  service: string,
  name: string,
  definition: MethodDefinition<object, object>,
  schemas: SchemaSet,
): MethodDescriptor {
  const pkg = service.slice(0, service.lastIndexOf('.'));
  const message = (type: { readonly type: object }): MessageSchema => {
    // As above: a DescriptorProto. It carries only its own name; all our methods' messages are of their package.
    return schemas.message(`${pkg}.${(type.type as RawMessage).name}`);
  };
  return {
    path: definition.path,
    service,
    name,
    requestStream: definition.requestStream,
    responseStream: definition.responseStream,
    request: message(definition.requestType),
    response: message(definition.responseType),
    definition,
    // proto-loader only hands it on to protobufjs, which takes a reader as well as bytes.
    decodeRequest: (bytes) =>
      definition.requestDeserialize(new StrictReader(bytes) as unknown as Buffer),
    http: httpRule(definition),
  };
}

const VERBS = {
  get: 'GET',
  put: 'PUT',
  post: 'POST',
  delete: 'DELETE',
  patch: 'PATCH',
} as const;

function httpRule({ path, options }: MethodDefinition<object, object>): HttpRule | undefined {
  // proto-loader's type of options names only the standard ones; ours is there too.
  const rule = (options as unknown as Record<string, Record<string, string> | undefined>)[
    '(google.api.http)'
  ];
  if (rule === undefined) return undefined;
  for (const [key, verb] of Object.entries(VERBS)) {
    const template = rule[key];
    if (template === undefined) continue;
    if (rule.body !== undefined && rule.body !== '*') {
      throw new TypeError(`${path}: only body "*" is supported`);
    }
    return { verb, template, body: rule.body === '*' };
  }
  throw new TypeError(`${path}: its google.api.http annotation names no verb`);
}
