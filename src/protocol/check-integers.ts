import protobuf from 'protobufjs';
import { invalid } from '../core/errors.js';
import { INTEGER_BOUNDS } from './integer-bounds.js';
import type { IntegerKind } from './integer-bounds.js';

/**
 * Refuses integers that do not fit their fields. protobufjs would cut off the bits that are too many: 2^64 + 5 would be
 * sent as 5, and nobody could notice. Maps are not looked into: the API's have text only.
 * The messages do not repeat the value: it may be a lease ID.
 * @throws Fault INVALID_ARGUMENT that names the field as the .proto files spell it.
 */
export function checkIntegers(type: protobuf.Type, message: object, path = ''): void {
  const values = new Map<string, unknown>(Object.entries(message));
  for (const field of type.fieldsArray) {
    const value = values.get(field.name);
    if (value === undefined || value === null || field.map) continue;
    field.resolve();
    const name = path + protoName(field.name);
    for (const each of field.repeated && Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isIntegerKind(field.type)) checkInteger(field.type, each, name);
      else if (field.resolvedType instanceof protobuf.Type && typeof each === 'object') {
        checkIntegers(field.resolvedType, each ?? {}, `${name}.`);
      }
    }
  }
}

function checkInteger(kind: IntegerKind, value: unknown, name: string): void {
  const integer = integerOf(value);
  if (integer === undefined) throw invalid(name, 'must be a whole number');
  const [min, max] = INTEGER_BOUNDS[kind];
  if (integer < min || integer > max) throw invalid(name, `must be from ${min} to ${max}`);
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'string') return /^-?[0-9]{1,400}$/.test(value) ? BigInt(value) : undefined;
  return Number.isInteger(value) ? BigInt(value as number) : undefined;
}

function isIntegerKind(type: string): type is IntegerKind {
  return Object.hasOwn(INTEGER_BOUNDS, type);
}

function protoName(jsonName: string): string {
  return jsonName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
