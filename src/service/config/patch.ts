import { invalid, type Fault } from '../../core/errors.js';
import { jsonPatch } from '../../core/json/json-patch.js';
import { mergePatch } from '../../core/json/merge-patch.js';
import { sizeOf } from '../../core/json/size.js';
import { writeJson } from '../../core/json/write.js';
import { DOCUMENT_LIMIT_HINT, readDocument } from './document.js';
import type { PatchJob } from './jobs/job.js';

/**
 * The text that a patch makes of a document's.
 * @throws Fault INVALID_ARGUMENT for what is no patch, or makes no document: too large, nested too deep.
 * @throws Fault FAILED_PRECONDITION if it does not fit the document.
 */
export function patchDocument({
  type,
  patch: patchText,
  document,
  maxBytes,
}: Omit<PatchJob, 'kind'>): string {
  const patch = readDocument(patchText, maxBytes, 'patch');
  const before = readDocument(document, maxBytes, 'document');
  const after =
    type === 'MERGE_PATCH'
      ? mergePatch(before, patch)
      : jsonPatch(before, patch, maxBytes, DOCUMENT_LIMIT_HINT);
  if (sizeOf(after) > maxBytes) throw tooLarge(maxBytes);
  const text = writeJson(after);
  // Patches can nest deeper than a document may be.
  readDocument(text, maxBytes, 'document');
  return text;
}

function tooLarge(maxBytes: number): Fault {
  return invalid('patch', `makes a document of over ${maxBytes} bytes${DOCUMENT_LIMIT_HINT}`);
}
