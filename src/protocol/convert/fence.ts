import type { Fence } from '../../core/counter.js';
import type { Fence__Output } from '../generated/sharedlock/v1/Fence.js';
import { revisionFrom } from './numbers.js';

/** Undefined: the write has no condition. @throws Fault INVALID_ARGUMENT for a negative token. */
export function fenceFrom(fence: Fence__Output | null): Fence | undefined {
  if (fence === null) return undefined;
  return { lock: fence.lock, token: revisionFrom(fence.token, 'fence.token') };
}
