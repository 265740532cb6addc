import { Fault } from '../errors.js';
import { Draft } from './draft.js';
import { jsonEqual } from './equal.js';
import { parsePointer } from './pointer.js';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './value.js';

const MAX_OPERATIONS = 1000;

/**
 * Applies a JSON Patch (RFC 6902): all of it, or nothing. What the patch does not touch keeps its place and its
 * digits. The arguments are left as they are. Takes about as long as the target and the patch are, and for each operation
 * at most as long as the list is that it shifts, or the container that it changes after a copy of it.
 * @throws Fault INVALID_ARGUMENT for what is no patch, has over 1,000 operations, or makes more than `maxBytes`;
 * `limitHint` says what sets that.
 * @throws Fault FAILED_PRECONDITION if a path is not there, or a test fails; it names the operation.
 */
export function jsonPatch(
  target: JsonValue,
  patch: JsonValue,
  maxBytes: number,
  limitHint = '',
): JsonValue {
  if (!isJsonArray(patch)) throw bad('a JSON Patch is a list of operations');
  if (patch.length > MAX_OPERATIONS) throw bad(`at most ${MAX_OPERATIONS} operations are allowed`);
  const draft = new Draft(target);
  for (const [index, operation] of patch.entries()) {
    const where = `operation ${index}`;
    if (!isJsonObject(operation)) throw bad(`${where} is not an object`);
    applyOperation(draft, operation, where);
    // A copy can double the document each time.
    if (draft.bytes > maxBytes) {
      throw bad(`${where} makes a document of over ${maxBytes} bytes${limitHint}`);
    }
  }
  return draft.value;
}

function applyOperation(draft: Draft, operation: JsonObject, where: string): void {
  const path = parsePointer(member(operation, 'path', where), where);
  const kind = member(operation, 'op', where);
  switch (kind) {
    case 'add':
      draft.add(path, valueOf(operation, where), where);
      return;
    case 'remove':
      draft.remove(path, where);
      return;
    case 'replace':
      draft.replace(path, valueOf(operation, where), where);
      return;
    case 'test':
      if (jsonEqual(draft.at(path, where), valueOf(operation, where))) return;
      throw new Fault('FAILED_PRECONDITION', `patch: ${where}: the test failed`, {
        field: 'patch',
        reason: 'PATCH_TEST_FAILED',
      });
    case 'copy':
      draft.copy(sourceOf(operation, where), path, where);
      return;
    case 'move':
      move(draft, sourceOf(operation, where), path, where);
      return;
    default:
      throw bad(`${where}: op must be add, remove, replace, move, copy or test`);
  }
}

function move(draft: Draft, from: readonly string[], to: readonly string[], where: string): void {
  draft.at(from, where);
  const isWithin = from.every((step, index) => step === to[index]);
  if (isWithin && from.length < to.length) {
    throw bad(`${where}: a value can't be moved into itself`);
  }
  if (!isWithin || from.length !== to.length) draft.move(from, to, where);
}

function sourceOf(operation: JsonObject, where: string): string[] {
  return parsePointer(member(operation, 'from', where), where);
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
