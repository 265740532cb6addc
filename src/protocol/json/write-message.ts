import { durationText } from '../duration.js';
import type { SecondsAndNanos } from '../duration.js';
import type { FieldSchema, FieldType, MessageSchema } from '../schema.js';
import { timestampText } from '../timestamp.js';
import { defaultOf } from './defaults.js';

/**
 * Writes a message as JSON text, by the proto3 JSON mapping. Defaults are written, so that people see
 * `"acquired": false`; messages that are absent are left out.
 */
export function writeMessage(schema: MessageSchema, message: object): string {
  return `{${memberTexts(schema, message).join(',')}}`;
}

/** The members alone, each as `"name":value`. */
export function memberTexts(schema: MessageSchema, message: object): string[] {
  const values = new Map<string, unknown>(Object.entries(message));
  const members: string[] = [];
  for (const field of schema.fields) {
    const value = values.get(field.jsonName) ?? defaultOf(field);
    if (value === null || value === undefined) continue;
    members.push(`${JSON.stringify(field.jsonName)}:${fieldText(field, value)}`);
  }
  return members;
}

function fieldText(field: FieldSchema, value: unknown): string {
  if (field.shape === 'repeated') {
    // Our own handlers made it: a repeated field is an array, as the generated types say.
    return `[${(value as unknown[]).map((item) => valueText(field.type, item)).join(',')}]`;
  }
  if (field.shape === 'map') {
    const members = Object.entries(value as Record<string, unknown>); // as above: a map is an object
    return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${valueText(field.type, item)}`).join(',')}}`;
  }
  return valueText(field.type, value);
}

function valueText(type: FieldType, value: unknown): string {
  switch (type.kind) {
    case 'int64':
    case 'uint64':
      return `"${String(value)}"`;
    case 'duration':
      return `"${durationText(normalized(value))}"`;
    case 'timestamp':
      return `"${timestampText(normalized(value))}"`;
    case 'enum':
      return JSON.stringify(typeof value === 'number' ? (type.of.nameOf(value) ?? value) : value);
    case 'message':
      return writeMessage(type.of(), value as object); // as the generated types say
    case 'string':
    case 'bool':
    case 'int32':
    case 'uint32':
      return JSON.stringify(value);
  }
}

/** The generated types let a caller leave out either part. */
function normalized(value: unknown): SecondsAndNanos {
  const { seconds, nanos } = value as { seconds?: string | number; nanos?: number };
  return { seconds: String(seconds ?? 0), nanos: nanos ?? 0 };
}
