import { isJsonObject, type JsonValue } from './value.js';

/**
 * Applies a JSON Merge Patch (RFC 7396). Members that the patch does not name keep their place and their digits.
 * The arguments are left as they are.
 */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(target !== undefined && isJsonObject(target) ? target : []);
  for (const [name, value] of patch) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return merged;
}
