import { Fault, isFault } from '../../core/errors.js';
import { parseJsonText } from '../../core/json/parse.js';
import type { JsonValue } from '../../core/json/value.js';
import { checkValue } from '../../core/text.js';

/**
 * Reads a document, a schema or a patch.
 * @throws Fault INVALID_ARGUMENT if it is too long, or no JSON: malformed, a member twice, nested too deep, …
 */
export function readDocument(text: string, maxBytes: number, field: string): JsonValue {
  checkValue(text, maxBytes, field);
  try {
    return parseJsonText(text, `${field}: it`);
  } catch (error) {
    if (!isFault(error, 'INVALID_ARGUMENT')) throw error;
    throw new Fault(error.code, error.message, { ...error.details, field });
  }
}
