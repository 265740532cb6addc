import protobuf from 'protobufjs';
import { enumSchema, messageSchema, scalarKind, snakeCase } from './schema.js';
import type { FieldSchema, FieldType, MessageSchema } from './schema.js';

const known = new WeakMap<protobuf.Type, MessageSchema>();

/**
 * A message as the mapping of JSON sees it, out of protobufjs: for who has that already, and need not read the .proto files.
 * @throws TypeError for a field that JSON has no mapping for yet: a defect.
 */
export function callSchema(type: protobuf.Type): MessageSchema {
  const before = known.get(type);
  if (before !== undefined) return before;
  const schema = messageSchema(fullNameOf(type), type.fieldsArray.map(fieldSchema));
  known.set(type, schema);
  return schema;
}

/** protobufjs begins it with a dot. */
export function fullNameOf(object: protobuf.ReflectionObject): string {
  return object.fullName.slice(1);
}

function fieldSchema(field: protobuf.Field): FieldSchema {
  field.resolve();
  return {
    jsonName: field.name,
    protoName: snakeCase(field.name),
    isOptional: field.options?.proto3_optional === true,
    type: fieldType(field),
    shape: field.map ? 'map' : field.repeated ? 'repeated' : 'single',
  };
}

function fieldType({ type, resolvedType, fullName }: protobuf.Field): FieldType {
  if (resolvedType instanceof protobuf.Enum) {
    const values = Object.entries(resolvedType.values).map(([name, number]) => ({ name, number }));
    return { kind: 'enum', of: enumSchema(fullNameOf(resolvedType), values) };
  }
  if (resolvedType instanceof protobuf.Type) {
    const name = fullNameOf(resolvedType);
    if (name === 'google.protobuf.Duration') return { kind: 'duration' };
    if (name === 'google.protobuf.Timestamp') return { kind: 'timestamp' };
    return { kind: 'message', of: () => callSchema(resolvedType) };
  }
  const kind = scalarKind(`TYPE_${type.toUpperCase()}`);
  if (kind === undefined) throw new TypeError(`no JSON mapping for ${type} ${fullName}`);
  return { kind };
}
