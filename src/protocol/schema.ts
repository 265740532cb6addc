/**
 * The messages of the API as the JSON mapping, the query strings and /openapi.json see them:
 * the descriptors of the .proto files with every reference resolved.
 */
export interface MessageSchema {
  /** `sharedlock.v1.Lock` */
  readonly fullName: string;
  readonly fields: readonly FieldSchema[];
  /** The field by its JSON name or by the name in the .proto file. */
  field(name: string): FieldSchema | undefined;
}

export interface FieldSchema {
  /** `leaseId`: in JSON, and in decoded messages. */
  readonly jsonName: string;
  /** `lease_id`: in .proto files, and in error messages. */
  readonly protoName: string;
  readonly type: FieldType;
  readonly shape: 'single' | 'repeated' | 'map';
  /** It is told apart whether it was sent (`optional` in the .proto file): not sent, it is undefined. */
  readonly isOptional: boolean;
}

export type FieldType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'duration' }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'enum'; readonly of: EnumSchema }
  /** A function, since messages can contain themselves. For a map: the type of its values. */
  | { readonly kind: 'message'; readonly of: () => MessageSchema };

export type ScalarKind = 'string' | 'bool' | 'int32' | 'uint32' | 'int64' | 'uint64';

export interface EnumSchema {
  readonly fullName: string;
  readonly names: readonly string[];
  nameOf(number: number): string | undefined;
}

/** What `@grpc/proto-loader` calls `type`: a DescriptorProto, as far as it is read here. */
export interface RawMessage {
  readonly name: string;
  readonly field: readonly RawField[];
  readonly nestedType: readonly RawMessage[];
  readonly enumType: readonly RawEnum[];
  readonly oneofDecl: readonly { readonly name: string }[];
  readonly options: { readonly mapEntry?: boolean } | null;
}

export interface RawField {
  readonly name: string;
  readonly type: string;
  readonly label: string;
  readonly typeName: string;
}

export interface RawEnum {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number: number }[];
}

const SCALARS: ReadonlyMap<string, ScalarKind> = new Map([
  ['TYPE_STRING', 'string'],
  ['TYPE_BOOL', 'bool'],
  ['TYPE_INT32', 'int32'],
  ['TYPE_UINT32', 'uint32'],
  ['TYPE_INT64', 'int64'],
  ['TYPE_UINT64', 'uint64'],
]);

/** @param type as descriptors have it, e.g. `TYPE_INT64`. @returns undefined for what is no scalar, or none of ours. */
export function scalarKind(type: string): ScalarKind | undefined {
  return SCALARS.get(type);
}

/** Resolves descriptors by full name. `raw` holds the messages and enums of the top level of each package. */
export class SchemaSet {
  readonly #messages = new Map<string, MessageSchema>();
  readonly #raw: ReadonlyMap<string, RawMessage | RawEnum>;

  constructor(raw: ReadonlyMap<string, RawMessage | RawEnum>) {
    this.#raw = raw;
  }

  /** @throws TypeError if there is no such message, or it has a field that JSON has no mapping for yet: a defect. */
  message(fullName: string): MessageSchema {
    const known = this.#messages.get(fullName);
    if (known !== undefined) return known;
    const raw = this.#find(fullName);
    if (raw === undefined || !('field' in raw)) throw new TypeError(`no message ${fullName}`);
    const fields = raw.field.map((field) => this.#field(field, raw, fullName));
    const schema = messageSchema(fullName, fields);
    this.#messages.set(fullName, schema);
    return schema;
  }

  #field(field: RawField, owner: RawMessage, ownerName: string): FieldSchema {
    // As in every descriptor, an optional field is alone in a oneof that has its name with `_` before it.
    const isOptional = owner.oneofDecl.some(({ name }) => name === `_${field.name}`);
    const names = { jsonName: field.name, protoName: snakeCase(field.name), isOptional };
    const nested = owner.nestedType.find((message) => message.name === field.typeName);
    const value = nested?.field.find((member) => member.name === 'value');
    if (nested?.options?.mapEntry === true && value !== undefined) {
      return { ...names, type: this.#type(value, `${ownerName}.${nested.name}`), shape: 'map' };
    }
    const shape = field.label === 'LABEL_REPEATED' ? 'repeated' : 'single';
    return { ...names, type: this.#type(field, ownerName), shape };
  }

  #type(field: RawField, scope: string): FieldType {
    const scalar = scalarKind(field.type);
    if (scalar !== undefined) return { kind: scalar };
    const fullName = this.#resolve(field.typeName, scope);
    if (fullName === 'google.protobuf.Duration') return { kind: 'duration' };
    if (fullName === 'google.protobuf.Timestamp') return { kind: 'timestamp' };
    const raw = fullName === undefined ? undefined : this.#find(fullName);
    if (fullName === undefined || raw === undefined) {
      throw new TypeError(`no JSON mapping for ${field.type} ${field.typeName} in ${scope}`);
    }
    if ('value' in raw) return { kind: 'enum', of: enumSchema(fullName, raw.value) };
    return { kind: 'message', of: () => this.message(fullName) };
  }

  /** References are relative: the innermost scope that has the name is meant. */
  #resolve(name: string, scope: string): string | undefined {
    for (let within = scope; within !== ''; within = parentOf(within)) {
      const candidate = `${within}.${name}`;
      if (this.#find(candidate) !== undefined) return candidate;
    }
    return this.#find(name) === undefined ? undefined : name;
  }

  #find(fullName: string): RawMessage | RawEnum | undefined {
    const top = this.#raw.get(fullName);
    if (top !== undefined) return top;
    const parent = parentOf(fullName);
    const owner = parent === '' ? undefined : this.#find(parent);
    if (owner === undefined || !('field' in owner)) return undefined;
    const name = fullName.slice(parent.length + 1);
    return (
      owner.nestedType.find((message) => message.name === name) ??
      owner.enumType.find((member) => member.name === name)
    );
  }
}

function parentOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));
}

export function messageSchema(fullName: string, fields: readonly FieldSchema[]): MessageSchema {
  const byName = new Map<string, FieldSchema>();
  for (const field of fields) byName.set(field.jsonName, field).set(field.protoName, field);
  return { fullName, fields, field: (name) => byName.get(name) };
}

export function enumSchema(fullName: string, values: RawEnum['value']): EnumSchema {
  const names = new Map(values.map(({ number, name }) => [number, name]));
  return { fullName, names: [...names.values()], nameOf: (number) => names.get(number) };
}

/** `leaseId` → `lease_id`. Our .proto files have no names that this would not give back. */
export function snakeCase(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
