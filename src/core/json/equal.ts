import { isJsonArray, isJsonObject, JsonNumber, type JsonObject, type JsonValue } from './value.js';

/** Whether two values are equal as RFC 6902, 4.6 has it: numbers by their value, objects whatever their order. */
export function jsonEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === null || typeof a !== 'object') return a === b;
  if (b === null || typeof b !== 'object') return false;
  if (a instanceof JsonNumber) return b instanceof JsonNumber && canonical(a) === canonical(b);
  if (isJsonArray(a)) return isJsonArray(b) && sameItems(a, b);
  return isJsonObject(b) && sameMembers(a, b);
}

function sameItems(a: readonly JsonValue[], b: readonly JsonValue[]): boolean {
  return a.length === b.length && a.every((item, index) => jsonEqual(item, b[index] ?? null));
}

function sameMembers(a: JsonObject, b: JsonObject): boolean {
  if (a.size !== b.size) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other === undefined || !jsonEqual(value, other)) return false;
  }
  return true;
}

/** One spelling for each value: `1`, `1.0`, `10e-1` are all `1e0`. Exact, whatever the digits. */
function canonical({ text }: JsonNumber): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  let start = 0;
  while (digits[start] === '0') start++;
  if (start === digits.length) return '0';
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return `${sign}${digits.slice(start, end)}e${BigInt(exponent) + BigInt(whole.length - end)}`;
}
