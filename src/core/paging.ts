import { invalid, type Fault } from './errors.js';
import { encodeName } from './keys.js';
import type { Limits } from './limits.js';

const DEFAULT_PAGE_SIZE = 100;

/** 0 is the default of 100. @throws Fault INVALID_ARGUMENT above the limit, 1,000 by default. */
export function pageSizeOf(requested: number, limits: Limits): number {
  if (requested > limits.pageSize) {
    throw invalid(
      'page_size',
      `must be at most ${limits.pageSize}; SHARED_LOCK_LIMIT_PAGE_SIZE of the daemon sets that`,
    );
  }
  return requested === 0 ? Math.min(DEFAULT_PAGE_SIZE, limits.pageSize) : requested;
}

/** A page token that no page gave. */
export function badPageToken(): Fault {
  return invalid('page_token', 'is none; give the next_page_token of the page before, or nothing');
}

/**
 * The token of a page that ended at a name: that name, encoded.
 * @throws Fault INVALID_ARGUMENT for anything else, and for a name that does not begin with `prefix`.
 */
export function checkNameToken(token: string, prefix: string): string {
  if (/^[\w!~*'().%-]+$/.test(token) && token.startsWith(encodeName(prefix))) return token;
  throw badPageToken();
}
