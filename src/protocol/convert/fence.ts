import type { Fence } from '../../core/counter.js';
import type { Fence__Output } from '../generated/sharedlock/v1/Fence.js';
import { invalid } from '../../core/errors.js';
import { revisionFrom } from './numbers.js';

/** Undefined: the write has no condition. @throws Fault INVALID_ARGUMENT for a negative token, or a lock and an election. */
export function fenceFrom(fence: Fence__Output | null): Fence | undefined {
  if (fence === null) return undefined;
  const token = revisionFrom(fence.token, 'fence.token');
  if (fence.election === '') return { lock: fence.lock, token };
  if (fence.lock === '') return { election: fence.election, token };
  throw invalid('fence', 'names a lock and an election; give one of them');
}
