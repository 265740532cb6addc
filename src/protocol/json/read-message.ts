import { DURATION_HINT } from '../../core/duration.js';
import { invalid } from '../../core/errors.js';
import { parseDurationText } from '../duration.js';
import type { SecondsAndNanos } from '../duration.js';
import type { EnumSchema, FieldSchema, FieldType, MessageSchema } from '../schema.js';
import { parseTimestamp } from '../timestamp.js';
import { defaultOf } from './defaults.js';
import { readInteger } from './read-integer.js';
import { isJsonArray, isJsonObject, JsonNumber, kindOf } from '../../core/json/value.js';
import type { JsonValue } from '../../core/json/value.js';

/** A decoded message: the members that proto-loader would give, defaults included. */
export type Message = Record<string, unknown>;

/**
 * Makes a message of a JSON value, by the proto3 JSON mapping, but strict: a member that the message does not
 * have is refused. Both spellings of a name are read; `null` is absent. Durations may be Go's (`1m30s`).
 * @throws Fault INVALID_ARGUMENT with the path of the field, and what would be right.
 */
export function readMessage(schema: MessageSchema, value: JsonValue, path = ''): Message {
  if (!isJsonObject(value)) {
    throw invalid(path === '' ? 'body' : path, `must be an object, not ${kindOf(value)}`);
  }
  const message: Message = {};
  for (const field of schema.fields) {
    if (!field.isOptional) message[field.jsonName] = defaultOf(field);
  }
  const seen = new Set<FieldSchema>();
  for (const [name, member] of value) {
    const field = schema.field(name);
    if (field === undefined) throw unknownField(schema, name, path);
    const fieldPath = join(path, field.protoName);
    if (seen.has(field)) throw invalid(fieldPath, 'is there in both of its spellings');
    seen.add(field);
    if (member !== null) message[field.jsonName] = readField(field, member, fieldPath);
  }
  return message;
}

function unknownField(schema: MessageSchema, name: string, path: string): Error {
  const known = schema.fields.map((field) => field.protoName).join(', ');
  const shown = name.slice(0, 64).toWellFormed();
  return invalid(join(path, shown), `there is no such field; there are ${known}`);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function readField(field: FieldSchema, value: JsonValue, path: string): unknown {
  if (field.shape === 'repeated') {
    if (!isJsonArray(value)) throw invalid(path, `must be a list, not ${kindOf(value)}`);
    return value.map((item, index) => readPresent(field.type, item, `${path}[${index}]`));
  }
  if (field.shape === 'map') return readMap(field.type, value, path);
  return readValue(field.type, value, path);
}

function readMap(type: FieldType, value: JsonValue, path: string): Message {
  if (!isJsonObject(value)) throw invalid(path, `must be an object, not ${kindOf(value)}`);
  // Without a prototype, `__proto__` is a key like any other.
  const map = Object.create(null) as Message;
  for (const [key, member] of value) {
    map[key] = readPresent(type, member, join(path, key.slice(0, 64).toWellFormed()));
  }
  return map;
}

/** Within lists and maps null has no meaning. */
function readPresent(type: FieldType, value: JsonValue, path: string): unknown {
  if (value === null) throw invalid(path, 'must not be null');
  return readValue(type, value, path);
}

function readValue(type: FieldType, value: JsonValue, path: string): unknown {
  switch (type.kind) {
    case 'string':
      if (typeof value !== 'string') throw invalid(path, `must be a string, not ${kindOf(value)}`);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') {
        throw invalid(path, `must be true or false, not ${kindOf(value)}`);
      }
      return value;
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
      return readInteger(type.kind, value, path);
    case 'duration':
      return readDuration(value, path);
    case 'timestamp':
      return readTimestamp(value, path);
    case 'enum':
      return readEnum(type.of, value, path);
    case 'message':
      return readMessage(type.of(), value, path);
  }
}

function readDuration(value: JsonValue, path: string): SecondsAndNanos {
  const duration = typeof value === 'string' ? parseDurationText(value) : undefined;
  if (duration === undefined)
    throw invalid(path, `must be a duration: ${DURATION_HINT}, in quotes`);
  return duration;
}

function readTimestamp(value: JsonValue, path: string): SecondsAndNanos {
  const timestamp = typeof value === 'string' ? parseTimestamp(value) : undefined;
  if (timestamp === undefined) {
    throw invalid(path, 'must be a time such as "2006-01-02T15:04:05Z" (RFC 3339)');
  }
  return timestamp;
}

function readEnum(schema: EnumSchema, value: JsonValue, path: string): string {
  if (typeof value === 'string' && schema.names.includes(value)) return value;
  if (value instanceof JsonNumber && /^[0-9]+$/.test(value.text)) {
    const name = schema.nameOf(Number(value.text));
    if (name !== undefined) return name;
  }
  throw invalid(path, `must be one of ${schema.names.join(', ')}`);
}
