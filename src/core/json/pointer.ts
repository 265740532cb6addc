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

/** @throws Fault FAILED_PRECONDITION if there is nothing. */
export function valueAt(target: JsonValue, path: readonly string[], where: string): JsonValue {
  let value = target;
  for (const step of path) value = child(value, step, where);
  return value;
}

/** Adds a member or item, or replaces the member that is there. @throws as `valueAt`. */
export function insertAt(
  target: JsonValue,
  path: readonly string[],
  value: JsonValue,
  where: string,
): JsonValue {
  return (
    change(target, path, where, (parent, step) => {
      if (isJsonObject(parent)) return new Map(parent).set(step, value);
      if (!isJsonArray(parent)) throw missing(where);
      const index = step === '-' ? parent.length : indexIn(step, parent.length, where);
      return parent.toSpliced(index, 0, value);
    }) ?? value
  );
}

/** @throws Fault FAILED_PRECONDITION if there is nothing, or it is the whole document. */
export function removeAt(target: JsonValue, path: readonly string[], where: string): JsonValue {
  const changed = change(target, path, where, (parent, step) => {
    child(parent, step, where);
    if (isJsonArray(parent)) return parent.toSpliced(Number(step), 1);
    const members = new Map(isJsonObject(parent) ? parent : []);
    members.delete(step);
    return members;
  });
  if (changed !== undefined) return changed;
  throw new Fault('FAILED_PRECONDITION', `patch: ${where}: the whole document can't be removed`, {
    field: 'patch',
    reason: 'PATCH_PATH',
  });
}

/** @throws as `valueAt`. */
export function replaceAt(
  target: JsonValue,
  path: readonly string[],
  value: JsonValue,
  where: string,
): JsonValue {
  return (
    change(target, path, where, (parent, step) => {
      child(parent, step, where);
      if (isJsonArray(parent)) return parent.with(Number(step), value);
      return new Map(isJsonObject(parent) ? parent : []).set(step, value);
    }) ?? value
  );
}

/** Rebuilds what is on the path around a changed parent; undefined if the path is the whole document. */
function change(
  target: JsonValue,
  path: readonly string[],
  where: string,
  edit: (parent: JsonValue, step: string) => JsonValue,
): JsonValue | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return undefined;
  if (rest.length === 0) return edit(target, step);
  const changed = change(child(target, step, where), rest, where, edit) ?? null;
  if (isJsonArray(target)) return target.with(Number(step), changed);
  return new Map(isJsonObject(target) ? target : []).set(step, changed);
}

function child(parent: JsonValue, step: string, where: string): JsonValue {
  if (isJsonArray(parent)) {
    const item = parent[indexIn(step, parent.length - 1, where)];
    if (item !== undefined) return item;
  } else if (isJsonObject(parent)) {
    const value = parent.get(step);
    if (value !== undefined) return value;
  }
  throw missing(where);
}

function indexIn(step: string, last: number, where: string): number {
  const index = /^(?:0|[1-9][0-9]{0,9})$/.test(step) ? Number(step) : Number.NaN;
  if (index <= last) return index;
  throw missing(where);
}

function missing(where: string): Fault {
  return new Fault('FAILED_PRECONDITION', `patch: ${where}: there is nothing at its path`, {
    field: 'patch',
    reason: 'PATCH_PATH',
  });
}
