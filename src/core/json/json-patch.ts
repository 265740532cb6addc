import { Fault } from '../errors.js';
import { jsonEqual } from './equal.js';
import { insertAt, parsePointer, removeAt, replaceAt, valueAt } from './pointer.js';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './value.js';
import { sizeOf } from './size.js';

const MAX_OPERATIONS = 1000;

/**
 * Applies a JSON Patch (RFC 6902): all of it, or nothing. What the patch does not touch keeps its place and its
 * digits. The arguments are left as they are.
 * @throws Fault INVALID_ARGUMENT for what is no patch, has over 1,000 operations, or makes more than `maxBytes`.
 * @throws Fault FAILED_PRECONDITION if a path is not there, or a test fails; it names the operation.
 */
export function jsonPatch(target: JsonValue, patch: JsonValue, maxBytes: number): JsonValue {
  if (!isJsonArray(patch)) throw bad('a JSON Patch is a list of operations');
  if (patch.length > MAX_OPERATIONS) throw bad(`at most ${MAX_OPERATIONS} operations are allowed`);
  let result = target;
  for (const [index, operation] of patch.entries()) {
    const where = `operation ${index}`;
    if (!isJsonObject(operation)) throw bad(`${where} is not an object`);
    result = applyOperation(result, operation, where);
    // A copy can double the document each time.
    if (sizeOf(result) > maxBytes) throw bad(`${where} makes a document of over ${maxBytes} bytes`);
  }
  return result;
}

function applyOperation(target: JsonValue, operation: JsonObject, where: string): JsonValue {
  const path = parsePointer(member(operation, 'path', where), where);
  const kind = member(operation, 'op', where);
  switch (kind) {
    case 'add':
      return insertAt(target, path, valueOf(operation, where), where);
    case 'remove':
      return removeAt(target, path, where);
    case 'replace':
      return replaceAt(target, path, valueOf(operation, where), where);
    case 'test':
      if (jsonEqual(valueAt(target, path, where), valueOf(operation, where))) return target;
      throw new Fault('FAILED_PRECONDITION', `patch: ${where}: the test failed`, {
        field: 'patch',
        reason: 'PATCH_TEST_FAILED',
      });
    case 'move':
    case 'copy':
      return transfer(target, operation, path, kind, where);
    default:
      throw bad(`${where}: op must be add, remove, replace, move, copy or test`);
  }
}

function transfer(
  target: JsonValue,
  operation: JsonObject,
  path: readonly string[],
  kind: 'move' | 'copy',
  where: string,
): JsonValue {
  const from = parsePointer(member(operation, 'from', where), where);
  const value = valueAt(target, from, where);
  if (kind === 'copy') return insertAt(target, path, value, where);
  if (from.length < path.length && from.every((step, index) => step === path[index])) {
    throw bad(`${where}: a value can't be moved into itself`);
  }
  if (from.length === path.length && from.every((step, index) => step === path[index]))
    return target;
  return insertAt(removeAt(target, from, where), path, value, where);
}

function member(operation: JsonObject, name: string, where: string): string {
  const value = operation.get(name);
  if (typeof value !== 'string') throw bad(`${where}: ${name} must be a string`);
  return value;
}

function valueOf(operation: JsonObject, where: string): JsonValue {
  const value = operation.get('value');
  if (value === undefined) throw bad(`${where}: value is missing`);
  return value;
}

function bad(message: string): Fault {
  return new Fault('INVALID_ARGUMENT', `patch: ${message}`, { field: 'patch' });
}
