import type { FencingToken } from '../core/lock.js';
import type { Fence } from '../protocol/generated/sharedlock/v1/Fence.js';

/** The lock under which something is written: a `Lock`, or its name and token. The write is refused once it is lost. */
export interface FencedBy {
  readonly name: string;
  readonly fencingToken: FencingToken;
}

export function fenceOf(fence: FencedBy | undefined): Fence | null {
  return fence === undefined ? null : { lock: fence.name, token: fence.fencingToken };
}
