import { utf8Length } from '../text.js';
import { isJsonArray, isJsonObject, JsonNumber, type JsonValue } from './value.js';

/** What an item takes beside its value, in bytes: a comma. */
export const ITEM_BYTES = 1;

/** What a member takes beside its value, in bytes: its name in quotes, a colon, a comma. Escapes are not counted. */
export function memberBytes(name: string): number {
  return utf8Length(name) + 4;
}

/**
 * About how many bytes `writeJson` would make of a value: escapes are not counted, and a few bytes too many are.
 * `sizeOfPart` tells the size of an item or a member's value.
 */
export function sizeOf(
  value: JsonValue,
  sizeOfPart: (part: JsonValue) => number = (part) => sizeOf(part),
): number {
  if (typeof value === 'string') return utf8Length(value) + 2;
  if (value === null || typeof value !== 'object') return 5;
  if (value instanceof JsonNumber) return value.text.length;
  let size = 2;
  if (isJsonArray(value)) {
    for (const item of value) size += ITEM_BYTES + sizeOfPart(item);
  } else if (isJsonObject(value)) {
    for (const [name, item] of value) size += memberBytes(name) + sizeOfPart(item);
  }
  return size;
}
