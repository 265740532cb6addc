import { isJsonArray, isJsonObject, JsonNumber, type JsonValue } from './value.js';

/** A value as JSON text without white space; numbers keep their digits, objects their order. */
export function writeJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (isJsonArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (value !== null && typeof value === 'object' && isJsonObject(value)) {
    const members = Array.from(
      value,
      ([name, item]) => `${JSON.stringify(name)}:${writeJson(item)}`,
    );
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}
