import { invalid } from './errors.js';
import type { Limits } from './limits.js';

export const DEFAULT_PAGE_SIZE = 100;

/** 0 is the default of 100. @throws Fault INVALID_ARGUMENT above the limit, 1,000 by default. */
export function pageSizeOf(requested: number, limits: Limits): number {
  if (requested > limits.pageSize) throw invalid('page_size', `must be at most ${limits.pageSize}`);
  return requested === 0 ? Math.min(DEFAULT_PAGE_SIZE, limits.pageSize) : requested;
}
