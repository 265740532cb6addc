import type { HoldEnd } from '../../core/lock.js';
import { msFrom } from '../../protocol/convert/values.js';
import type { WatchLeaseResponse__Output } from '../../protocol/generated/sharedlock/v1/WatchLeaseResponse.js';
import { endFrom } from './lock.js';

/** What becomes of a lease that somebody else renews. */
export type LeaseEvent =
  /** Told first, and when a jeopardy is over. Without a renewal it counts as lost after `remainingMs`. */
  | { readonly kind: 'ALIVE'; readonly ttlMs: number; readonly remainingMs: number }
  /** Nobody has renewed it for half of its TTL. Told again and again; it counts as lost after `remainingMs`. */
  | { readonly kind: 'JEOPARDY'; readonly remainingMs: number }
  /** The last one. */
  | { readonly kind: 'LOST'; readonly end: HoldEnd };

/** Undefined for an event of a kind that this client does not know yet. */
export function leaseEventFrom(message: WatchLeaseResponse__Output): LeaseEvent | undefined {
  const { alive, jeopardy, lost } = message;
  if (alive) {
    const [ttlMs, remainingMs] = [msFrom(alive.ttl) ?? 0, msFrom(alive.remaining) ?? 0];
    return { kind: 'ALIVE', ttlMs, remainingMs };
  }
  if (jeopardy) return { kind: 'JEOPARDY', remainingMs: msFrom(jeopardy.remaining) ?? 0 };
  return lost ? { kind: 'LOST', end: endFrom(lost) } : undefined;
}
