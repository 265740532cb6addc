import { invalid } from '../../core/errors.js';
import { INTEGER_BOUNDS } from '../integer-bounds.js';
import type { IntegerKind } from '../integer-bounds.js';
import { JsonNumber, kindOf } from '../../core/json/value.js';
import type { JsonValue } from '../../core/json/value.js';

/**
 * Reads an integer from a number or from text. Returns what proto-loader gives: text for 64 bits.
 * The messages never repeat the value: it may be a lease ID.
 * @throws Fault INVALID_ARGUMENT for anything else, a fraction, one out of bounds, and for a number beyond 2^53:
 * the program that wrote it may have lost digits.
 */
export function readInteger(kind: IntegerKind, value: JsonValue, path: string): string | number {
  const digits = digitsOf(value, path);
  const [min, max] = INTEGER_BOUNDS[kind];
  const integer = BigInt(digits);
  if (integer < min || integer > max) throw invalid(path, `must be from ${min} to ${max}`);
  if (value instanceof JsonNumber && !Number.isSafeInteger(Number(digits))) {
    throw invalid(path, 'is beyond 2^53, where numbers lose digits: send it as a string');
  }
  return kind === 'int32' || kind === 'uint32' ? Number(integer) : integer.toString();
}

function digitsOf(value: JsonValue, path: string): string {
  if (typeof value === 'string') {
    if (/^-?(?:0|[1-9][0-9]{0,30})$/.test(value)) return value;
    throw invalid(path, 'must be a decimal integer');
  }
  if (!(value instanceof JsonNumber)) {
    throw invalid(path, `must be an integer, as a number or a string, not ${kindOf(value)}`);
  }
  const [, digits] = /^(-?[0-9]{1,32})(?:\.0+)?$/.exec(value.text) ?? [];
  if (digits === undefined) throw invalid(path, 'must be an integer, without fraction or exponent');
  return digits;
}
