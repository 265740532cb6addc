import { Fault, invalid, isFault } from '../../core/errors.js';
import { parseJsonText } from '../../core/json/parse.js';
import { isJsonObject, type JsonValue } from '../../core/json/value.js';
import { checkValue } from '../../core/text.js';
import type { ReadJob } from './jobs/job.js';

/** What sets the largest document and patch, to end the message about it. */
export const DOCUMENT_LIMIT_HINT =
  '; SHARED_LOCK_LIMIT_DOCUMENT_BYTES of the daemon sets that, up to 1 MiB';

/**
 * Reads a document, a schema or a patch.
 * @throws Fault INVALID_ARGUMENT if it is too long, or no JSON: malformed, a member twice, nested too deep, …
 */
export function readDocument(
  text: string,
  maxBytes: number,
  field: string,
  limitHint = DOCUMENT_LIMIT_HINT,
): JsonValue {
  checkValue(text, maxBytes, field, limitHint);
  try {
    return parseJsonText(text, `${field}: it`);
  } catch (error) {
    if (!isFault(error, 'INVALID_ARGUMENT')) throw error;
    throw new Fault(error.code, error.message, { ...error.details, field });
  }
}

/** @throws Fault INVALID_ARGUMENT as `readDocument`; or if it is not an object with `member`, where that is given. */
export function checkText({ text, maxBytes, field, member }: Omit<ReadJob, 'kind'>): void {
  const value = readDocument(text, maxBytes, field);
  if (member === undefined || (isJsonObject(value) && value.has(member))) return;
  throw invalid(field, `must be a JSON object with the member ${JSON.stringify(member)}`);
}
