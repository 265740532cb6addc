import type { FencingToken } from '../core/lock.js';
import type { Fence } from '../protocol/generated/sharedlock/v1/Fence.js';

/**
 * What is written under: a `Lock`, or its name and token; a `Leadership`, or the name and term. Once that is lost, the
 * write is refused.
 */
export type FencedBy =
  | { readonly name: string; readonly fencingToken: FencingToken }
  | { readonly name: string; readonly term: FencingToken };

export function fenceOf(fence: FencedBy | undefined): Fence | null {
  if (fence === undefined) return null;
  if ('term' in fence) return { election: fence.name, token: fence.term };
  return { lock: fence.name, token: fence.fencingToken };
}
