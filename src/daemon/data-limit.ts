import { getHeapStatistics } from 'node:v8';
import type { DataLimit } from '../store/memory/data-limit.js';

/** The rest is for the past that watches may ask for, for requests under way, and for the collector of garbage. */
const SHARE_OF_HEAP = 0.4;

/** What a store in memory may hold. `bytes` 0: as much as goes well with the heap of this process. */
export function dataLimit(bytes: number): DataLimit {
  if (bytes > 0) return { bytes, hint: 'raise SHARED_LOCK_LIMIT_DATA_BYTES' };
  return {
    bytes: Math.floor(getHeapStatistics().heap_size_limit * SHARE_OF_HEAP),
    hint:
      'give Node.js a larger heap (NODE_OPTIONS=--max-old-space-size=…, in MiB), or set SHARED_LOCK_LIMIT_DATA_BYTES ' +
      'above 40 % of it',
  };
}
