import { invalid } from './errors.js';

export interface PutMessageRequest {
  /** Any well-formed text; empty is one too. */
  readonly message: string;
  /** Empty: none. */
  readonly requestId: string;
}

export interface DeleteMessageRequest {
  readonly digest: string;
  /** Empty: none. */
  readonly requestId: string;
}

/**
 * Checks a digest: SHA-256 as 64 hexadecimal digits. One spelling only, so that a digest can be compared as text.
 * @throws Fault INVALID_ARGUMENT for anything else, upper case too.
 */
export function checkDigest(digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw invalid('digest', 'must be 64 hexadecimal digits, in lower case: the SHA-256 of the text');
}
