import type { ClientParts } from '../parts.js';
import { linked } from '../wire/linked.js';
import type { Claim } from './claim.js';
import type { HeldLease } from './held-lease.js';
import type { Tried } from './requests.js';

/** Daemons keep a waiter for so long by default. */
const MAX_WAIT_MS = 3_600_000;

export interface Wait {
  readonly claim: Claim;
  /** That shall hold it. Its end ends the waiting. */
  readonly lease: HeldLease;
  /** On the monotonic clock. */
  readonly untilMs: number;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** An id for each request, over all its tries, so that it can be withdrawn; absent: the lease is of this claim alone. */
  readonly newId?: () => string;
}

/** Waits with a lease that is there, at one daemon after the other if they go. @throws the reason of what ends the waiting. */
export async function waitUnder(parts: ClientParts, wait: Wait): Promise<Tried> {
  const { clock, deadlineMs } = parts.settings;
  const { claim, lease, untilMs } = wait;
  using stop = linked(wait.signal, parts.stopping, lease.signal);
  const waitLeftMs = (): number => Math.min(Math.max(untilMs - clock.now(), 0), MAX_WAIT_MS);
  for (;;) {
    const limitMs = waitLeftMs() + deadlineMs;
    const fixed = { leaseId: lease.id, ...(wait.newId && { requestId: wait.newId() }) };
    const tried = await claim.take(parts.caller, () => ({ ...fixed, waitMs: waitLeftMs() }), {
      deadlineMs: limitMs,
      tryMs: limitMs,
      signal: stop.signal,
    });
    if (tried.kind === 'granted' || clock.now() >= untilMs) return tried;
  }
}
