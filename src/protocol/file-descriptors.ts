import { loadSync } from '@grpc/proto-loader';
import type { PackageDefinition } from '@grpc/proto-loader';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import type {
  IDescriptorProto,
  IEnumDescriptorProto,
  IFieldDescriptorProto,
  IFileDescriptorProto,
} from 'protobufjs/ext/descriptor/index.js';
import { protoFiles, protoFolders } from './proto-files.js';

const GOOGLE_PROTOBUF = 'google.protobuf';

/** Packages that only describe .proto files themselves: nobody's messages refer to them. */
const DESCRIPTION_ONLY = new Set(['google.api', GOOGLE_PROTOBUF]);

/**
 * Of all that the daemon serves. Takes too long for a daemon: `npm run generate` writes them into generated/reflection.ts.
 * @param others .proto files of services that are not ours.
 */
export function reflectionFiles(others: readonly string[]): Buffer[] {
  return fileDescriptors([
    loadSync(protoFiles(), { keepCase: true, includeDirs: protoFolders() }),
    ...others.map((path) => loadSync(path, { keepCase: true })),
  ]);
}

/**
 * The files that server reflection hands out, as protoc would have made them. What protobufjs makes says
 * nothing of imports, leaves references relative and misnames the entries of maps: strict clients
 * (grpcurl from 1.9.2 on) refuse that. One file a package, and one for each message of google.protobuf.
 * @param packages loaded with `keepCase`, since the fields' names are those of the .proto files.
 */
function fileDescriptors(packages: readonly PackageDefinition[]): Buffer[] {
  const raw = packages.flatMap(decodeFiles);
  const files = [
    ...raw.filter((file) => !DESCRIPTION_ONLY.has(file.package ?? '')),
    ...wellKnownFiles(raw),
  ];
  const homes = new Map<string, string>();
  for (const file of files) {
    for (const symbol of symbolsOf(file)) homes.set(symbol, nameOf(file));
  }
  const repaired = new Map(files.map((file) => [nameOf(file), repair(file, homes)]));
  return [...repaired.values()].map((file) => {
    const message = descriptor.FileDescriptorProto.fromObject(file);
    return Buffer.from(descriptor.FileDescriptorProto.encode(message).finish());
  });
}

function decodeFiles(definitions: PackageDefinition): IFileDescriptorProto[] {
  for (const definition of Object.values(definitions)) {
    const files: unknown = definition.fileDescriptorProtos;
    // Every message carries the files of all; a service has none of its own.
    if (!Array.isArray(files)) continue;
    return (files as Buffer[]).map((bytes) =>
      descriptor.FileDescriptorProto.toObject(descriptor.FileDescriptorProto.decode(bytes)),
    );
  }
  return [];
}

function nameOf(file: IFileDescriptorProto): string {
  return file.name ?? '';
}

/** `google/protobuf/duration.proto` and its like, each once: the messages that stand alone. */
function wellKnownFiles(raw: readonly IFileDescriptorProto[]): IFileDescriptorProto[] {
  const files = raw.filter((file) => file.package === GOOGLE_PROTOBUF);
  return files
    .flatMap((file) => file.messageType ?? [])
    .filter(({ name }) => name === 'Duration' || name === 'Timestamp' || name === 'Any')
    .map((message) => ({
      name: `google/protobuf/${(message.name ?? '').toLowerCase()}.proto`,
      package: GOOGLE_PROTOBUF,
      messageType: [message],
    }));
}

function symbolsOf(file: IFileDescriptorProto): string[] {
  const scope = file.package ?? '';
  return [
    ...(file.messageType ?? []).flatMap((message) => messageSymbols(message, scope)),
    ...(file.enumType ?? []).map((type) => `${scope}.${type.name ?? ''}`),
  ];
}

function messageSymbols(message: IDescriptorProto, scope: string): string[] {
  const fullName = `${scope}.${message.name ?? ''}`;
  return [
    fullName,
    ...(message.nestedType ?? []).flatMap((nested) => messageSymbols(nested, fullName)),
    ...(message.enumType ?? []).map(
      (type: IEnumDescriptorProto) => `${fullName}.${type.name ?? ''}`,
    ),
  ];
}

function repair(
  file: IFileDescriptorProto,
  homes: ReadonlyMap<string, string>,
): IFileDescriptorProto {
  const imports = new Set<string>();
  const absolute = (name: string, scope: string): string => {
    for (let within = scope; ; within = within.slice(0, Math.max(0, within.lastIndexOf('.')))) {
      const candidate = within === '' ? name.replace(/^\./, '') : `${within}.${name}`;
      const home = homes.get(candidate);
      if (home !== undefined) {
        if (home !== file.name) imports.add(home);
        return `.${candidate}`;
      }
      if (within === '') throw new TypeError(`${name} in ${scope} is no message`);
    }
  };
  const scope = file.package ?? '';
  const messageType = (file.messageType ?? []).map((message) =>
    repairMessage(message, scope, absolute),
  );
  const service = (file.service ?? []).map((one) => ({
    ...one,
    method: (one.method ?? []).map((method) => ({
      ...method,
      inputType: absolute(method.inputType ?? '', scope),
      outputType: absolute(method.outputType ?? '', scope),
    })),
  }));
  return {
    name: nameOf(file),
    package: scope,
    syntax: 'proto3',
    dependency: [...imports].sort(),
    messageType,
    enumType: file.enumType ?? [],
    service,
  };
}

type Absolute = (name: string, scope: string) => string;

function repairMessage(
  message: IDescriptorProto,
  scope: string,
  absolute: Absolute,
): IDescriptorProto {
  const fullName = `${scope}.${message.name ?? ''}`;
  const entries = new Map<string, string>();
  const field = (message.field ?? []).map((raw: IFieldDescriptorProto) => {
    const one = { ...raw, jsonName: camelCase(raw.name ?? '') };
    if (one.typeName === undefined || one.typeName === '') return one;
    const nested = message.nestedType?.find(({ name }) => name === one.typeName);
    if (nested?.options?.mapEntry !== true) {
      return { ...one, typeName: absolute(one.typeName, fullName) };
    }
    const entryName = `${pascalCase(one.name ?? '')}Entry`;
    entries.set(one.typeName, entryName);
    return { ...one, typeName: `.${fullName}.${entryName}` };
  });
  const nestedType = (message.nestedType ?? []).map((nested) => ({
    ...repairMessage(nested, fullName, absolute),
    name: entries.get(nested.name ?? '') ?? nested.name ?? '',
  }));
  return { ...message, field, nestedType };
}

/** `original_names` → `OriginalNames`, as protoc names the entry of a map. */
function pascalCase(name: string): string {
  return name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
