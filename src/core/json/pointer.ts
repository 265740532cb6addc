import { Fault } from '../errors.js';
import { isJsonArray, isJsonObject, type JsonValue } from './value.js';

/** Reads a JSON Pointer (RFC 6901). @throws Fault INVALID_ARGUMENT; `where` says whose it is. */
export function parsePointer(text: string, where: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) {
    throw new Fault('INVALID_ARGUMENT', `patch: ${where}: a path is empty, or begins with /`, {
      field: 'patch',
    });
  }
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** @throws Fault FAILED_PRECONDITION (PATCH_PATH) if there is nothing. */
export function childOf(parent: JsonValue, step: string, where: string): JsonValue {
  if (isJsonArray(parent)) {
    const item = parent[indexIn(step, parent.length - 1, where)];
    if (item !== undefined) return item;
  } else if (isJsonObject(parent)) {
    const value = parent.get(step);
    if (value !== undefined) return value;
  }
  throw nothingThere(where);
}

/** The index that a step names, from 0 to `last`. @throws as `childOf`. */
export function indexIn(step: string, last: number, where: string): number {
  const index = /^(?:0|[1-9][0-9]{0,9})$/.test(step) ? Number(step) : Number.NaN;
  if (index <= last) return index;
  throw nothingThere(where);
}

export function nothingThere(where: string): Fault {
  return new Fault('FAILED_PRECONDITION', `patch: ${where}: there is nothing at its path`, {
    field: 'patch',
    reason: 'PATCH_PATH',
  });
}
