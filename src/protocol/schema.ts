import type protobuf from 'protobufjs';
import { fullNameOf, typeOf } from './root.js';

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

const SCALARS: ReadonlySet<string> = new Set<ScalarKind>([
  'string',
  'bool',
  'int32',
  'uint32',
  'int64',
  'uint64',
]);

/** The messages of the API, each made when it is asked for. */
export class SchemaSet {
  readonly #messages = new Map<string, MessageSchema>();
  readonly #root: protobuf.Root;

  constructor(root: protobuf.Root) {
    this.#root = root;
  }

  /** @throws TypeError if there is no such message, or it has a field that JSON has no mapping for yet: a defect. */
  message(fullName: string): MessageSchema {
    const known = this.#messages.get(fullName);
    if (known !== undefined) return known;
    const fields = typeOf(this.#root, fullName).fieldsArray.map((field) => this.#field(field));
    const byName = new Map<string, FieldSchema>();
    for (const field of fields) byName.set(field.jsonName, field).set(field.protoName, field);
    const schema = { fullName, fields, field: (name: string) => byName.get(name) };
    this.#messages.set(fullName, schema);
    return schema;
  }

  #field(field: protobuf.Field): FieldSchema {
    field.resolve();
    return {
      jsonName: field.name,
      protoName: snakeCase(field.name),
      type: this.#type(field),
      shape: field.map ? 'map' : field.repeated ? 'repeated' : 'single',
      // As in every descriptor, an optional field is alone in a oneof that has its name with `_` before it.
      isOptional: field.partOf?.name === `_${field.name}`,
    };
  }

  #type({ type, resolvedType, fullName }: protobuf.Field): FieldType {
    if (isScalar(type)) return { kind: type };
    if (resolvedType === null) throw new TypeError(`no JSON mapping for ${type} of ${fullName}`);
    const name = fullNameOf(resolvedType);
    if (name === 'google.protobuf.Duration') return { kind: 'duration' };
    if (name === 'google.protobuf.Timestamp') return { kind: 'timestamp' };
    if ('fields' in resolvedType) return { kind: 'message', of: () => this.message(name) };
    return { kind: 'enum', of: enumSchema(name, resolvedType) };
  }
}

function isScalar(type: string): type is ScalarKind {
  return SCALARS.has(type);
}

function enumSchema(fullName: string, { values }: protobuf.Enum): EnumSchema {
  const names = new Map(Object.entries(values).map(([name, number]) => [number, name]));
  return { fullName, names: [...names.values()], nameOf: (number) => names.get(number) };
}

/** `leaseId` → `lease_id`. Our .proto files have no names that this would not give back. */
export function snakeCase(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
