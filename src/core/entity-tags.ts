import { Fault, invalid } from './errors.js';

/** What If-Match and If-None-Match hold (RFC 9110, 13.1): `*`, or tags of which one must match. */
export type EntityTags = '*' | readonly string[];

/** The entity tag of a document at a revision, with its quotes. */
export function entityTag(revision: number): string {
  return `"${revision}"`;
}

/** Longer lists of tags nobody writes by hand. */
const MAX_TAGS_LENGTH = 1024;

const TAG = /\s*(?:W\/)?"[\u0021\u0023-\u007e\u0080-\u{10ffff}]*"\s*/u;
const TAGS = new RegExp(`^(?:${TAG.source})(?:,${TAG.source})*$`, 'u');

/** @throws Fault INVALID_ARGUMENT unless the text is `*` or a list of quoted tags. Empty: undefined. */
export function parseEntityTags(text: string, field: string): EntityTags | undefined {
  if (text === '') return undefined;
  if (text.trim() === '*') return '*';
  if (text.length > MAX_TAGS_LENGTH || !TAGS.test(text)) {
    throw invalid(field, 'must be * or quoted tags, such as "42"; copy the ETag of an answer');
  }
  return Array.from(text.matchAll(new RegExp(TAG.source, 'gu')), ([tag]) => tag.trim());
}

/** Whether a document at `revision`, undefined if there is none, is one of those meant. Weak tags never match. */
function matchesTags(tags: EntityTags, revision: number | undefined): boolean {
  return revision !== undefined && (tags === '*' || tags.includes(entityTag(revision)));
}

/** The weak comparison, of If-None-Match: whether the caller has what has this tag already. */
export function matchesWeakly(tags: EntityTags, tag: string): boolean {
  return tags === '*' || tags.some((known) => known.replace(/^W\//, '') === tag);
}

/** @throws Fault FAILED_PRECONDITION (ETAG_MISMATCH) unless the document is there and has one of the tags. */
export function checkIfMatch(ifMatch: EntityTags | undefined, revision: number | undefined): void {
  if (ifMatch === undefined || matchesTags(ifMatch, revision)) return;
  if (ifMatch !== '*' && revision !== undefined && matchesWeakly(ifMatch, entityTag(revision))) {
    const tag = entityTag(revision);
    throw etagMismatch(
      `if_match: W/${tag} is a weak tag, and these never match (RFC 9110, 13.1.1); the document has ${tag}: ` +
        'a proxy that compresses answers may have made it weak; send it without W/',
    );
  }
  throw etagMismatch('if_match: the document was changed, or is not there; read it again');
}

/** @throws Fault FAILED_PRECONDITION (ETAG_MISMATCH) if the document is there and has one of the tags, be it a weak one. */
export function checkIfNoneMatch(
  ifNoneMatch: EntityTags | undefined,
  revision: number | undefined,
): void {
  if (ifNoneMatch === undefined || revision === undefined) return;
  if (!matchesWeakly(ifNoneMatch, entityTag(revision))) return;
  throw etagMismatch('if_none_match: there is such a document already');
}

function etagMismatch(message: string): Fault {
  const field = message.slice(0, message.indexOf(':'));
  return new Fault('FAILED_PRECONDITION', message, { field, reason: 'ETAG_MISMATCH' });
}
