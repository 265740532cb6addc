/** Headers have no more. */
export const MAX_TOKEN = 16 * 1024;

/** What is wrong with a text as a bearer token (RFC 6750, 2.1), without a word of it; undefined: nothing. */
export function tokenProblem(token: unknown): string | undefined {
  if (typeof token !== 'string') return 'it is no text';
  if (token === '') return 'it is empty';
  if (token.length > MAX_TOKEN) return `it has more than ${MAX_TOKEN} characters`;
  return /^[\w.~+/-]+=*$/.test(token)
    ? undefined
    : 'it has characters that no bearer token has, such as a space';
}
