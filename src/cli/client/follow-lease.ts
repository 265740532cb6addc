import type { Leases } from '../../client/locks/leases-api.js';
import type { LeaseView } from '../../core/lease.js';
import { failureOf } from './failure.js';
import { EXIT } from '../../core/exit-codes.js';
import { pause } from './pause.js';

const SHARE_OF_TTL = 1 / 10;
const MIN_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5000;
/** The time that is left is rounded: by less it does not grow without a renewal. */
const NOTABLE_SECONDS = 0.5;

export type LeaseEvent =
  | {
      /** STATE: the first. RENEWED: it has more time left than before. CHANGED: it holds other things. */
      readonly kind: 'STATE' | 'RENEWED' | 'CHANGED';
      readonly lease: LeaseView;
    }
  | { readonly kind: 'ENDED'; readonly message: string };

/** Looks at a lease from time to time, and tells what has changed. The last event is its end. */
export async function* followLease(
  leases: Leases,
  leaseId: string,
  signal: AbortSignal,
): AsyncGenerator<LeaseEvent, void, undefined> {
  let before: LeaseView | undefined;
  for (;;) {
    const seen = await look(leases, leaseId, signal);
    if (typeof seen === 'string') {
      yield { kind: 'ENDED', message: seen };
      return;
    }
    const kind = whatChanged(before, seen);
    if (kind !== undefined) yield { kind, lease: seen };
    before = seen;
    const pauseMs = seen.ttlSeconds * 1000 * SHARE_OF_TTL;
    await pause(Math.min(Math.max(pauseMs, MIN_PAUSE_MS), MAX_PAUSE_MS), signal);
  }
}

/** @returns why there is no such lease, if there is none. */
async function look(
  leases: Leases,
  leaseId: string,
  signal: AbortSignal,
): Promise<LeaseView | string> {
  try {
    return await leases.get(leaseId, { signal });
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.exitCode === EXIT.no) return failure.message;
    throw error;
  }
}

function whatChanged(
  before: LeaseView | undefined,
  now: LeaseView,
): 'STATE' | 'RENEWED' | 'CHANGED' | undefined {
  if (before === undefined) return 'STATE';
  if (heldText(before) !== heldText(now)) return 'CHANGED';
  const gained = now.remainingTtlSeconds - before.remainingTtlSeconds;
  return gained > NOTABLE_SECONDS ? 'RENEWED' : undefined;
}

function heldText({ holds, leads }: LeaseView): string {
  return JSON.stringify([holds, leads]);
}
