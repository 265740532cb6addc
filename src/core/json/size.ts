import { utf8Length } from '../text.js';
import { isJsonArray, isJsonObject, JsonNumber, type JsonValue } from './value.js';

const sizes = new WeakMap<object, number>();

/**
 * About how many bytes `writeJson` would make of a value: escapes are not counted. Values are never changed, so
 * the size of each is remembered, and a part that stands in many places is measured once.
 */
export function sizeOf(value: JsonValue): number {
  if (typeof value === 'string') return utf8Length(value) + 2;
  if (value === null || typeof value !== 'object') return 5;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  const size = measure(value);
  sizes.set(value, size);
  return size;
}

function measure(value: Exclude<JsonValue, null | boolean | string>): number {
  if (value instanceof JsonNumber) return value.text.length;
  let size = 2;
  if (isJsonArray(value)) {
    for (const item of value) size += sizeOf(item) + 1;
  } else if (isJsonObject(value)) {
    for (const [name, item] of value) size += utf8Length(name) + 4 + sizeOf(item);
  }
  return size;
}
