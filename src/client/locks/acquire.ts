import { randomName } from '../../clock/random.js';
import { unavailable } from '../../core/errors.js';
import type { Holder } from '../../core/lock.js';
import { SharedLockError } from '../errors.js';
import type { HolderOptions } from '../options.js';
import type { ClientParts } from '../parts.js';
import { unlessAborted } from '../wire/unless-aborted.js';
import type { Claim } from './claim.js';
import type { HeldLease } from './held-lease.js';
import { keptLease, openLease, tooLate } from './lease-grants.js';
import { Lock } from './lock.js';
import { checkWait } from './requests.js';
import type { Tried } from './requests.js';
import { stopSignal } from './stop-signal.js';
import { waitUnder } from './wait-under.js';

/** A grant that ended before it was heard of is asked for anew so often. */
const MAX_TRIES = 3;

/** Of all that is asked, what matters for the waiting. */
type ClaimOptions = HolderOptions & { readonly waitMs?: number };

export type Acquired =
  | { readonly kind: 'acquired'; readonly lock: Lock }
  | { readonly kind: 'held'; readonly claim: Claim; readonly holders: readonly Holder[] };

/**
 * Takes a lock with a lease of its own. First a try, which is one call. To wait, the client makes the lease itself:
 * then it can be revoked, whatever became of the waiting, so that no grant is left behind that nobody heard of; and a
 * waiter whose daemon dies goes on at another one with the same lease.
 */
export async function acquireLock(
  parts: ClientParts,
  claim: Claim,
  options: ClaimOptions,
  defaultWaitMs: number,
): Promise<Acquired> {
  const { clock } = parts.settings;
  const waitMs = checkWait(options.waitMs ?? defaultWaitMs);
  using stop = stopSignal(parts, options.signal);
  const { signal } = stop;
  signal.throwIfAborted();
  parts.keeper.checkRoom();
  const untilMs = clock.now() + waitMs;
  const tried = await unlessAborted(tryOnce(parts, claim, options), signal, (work) => {
    void parts.background.run('releasing a lock that came too late', async () => {
      const late = await work;
      if (late.kind === 'acquired') await late.lock.release();
    });
  });
  if (tried.kind === 'acquired' || clock.now() >= untilMs) return tried;
  return await waitWithLease(parts, claim, options, untilMs);
}

async function tryOnce(parts: ClientParts, claim: Claim, options: ClaimOptions): Promise<Acquired> {
  const { settings, caller } = parts;
  for (let tries = 1; ; tries++) {
    const request = { ttlMs: options.ttlMs, waitMs: 0, requestId: randomName() };
    const sentAtMs = settings.clock.now();
    try {
      const tried = await claim.take(caller, () => request);
      if (tried.kind === 'held') return { ...tried, claim };
      const { leaseId: id, ttlMs } = tried.grant;
      const lease = await keptLease(parts, { id, ttlMs, sentAtMs });
      if (lease !== undefined) return lockOf(parts, claim, tried, lease, 'daemon');
      if (tries >= MAX_TRIES) throw tooLate();
    } catch (error) {
      if (!hasEnded(error)) throw error;
      if (tries >= MAX_TRIES) throw tooLate(error);
    }
  }
}

async function waitWithLease(
  parts: ClientParts,
  claim: Claim,
  options: ClaimOptions,
  untilMs: number,
): Promise<Acquired> {
  for (;;) {
    const lease = await openLease(parts, options);
    const drop = (): void => {
      void parts.background.run('ending the lease of a waiter', () => lease.revoke());
    };
    try {
      const tried = await waitUnder(parts, { claim, lease, untilMs, signal: options.signal });
      if (tried.kind === 'held') drop();
      return lockOf(parts, claim, tried, lease, 'client');
    } catch (error) {
      drop();
      throwIfStopped(parts, options.signal);
      // The lease was lost while it waited, and nothing else: with another one it goes on.
      if (lease.leaseState.kind !== 'LOST' && !hasEnded(error)) throw error;
      if (parts.settings.clock.now() >= untilMs) throw interrupted(claim, error);
    }
  }
}

function throwIfStopped({ stopping }: ClientParts, signal: AbortSignal | undefined): void {
  signal?.throwIfAborted();
  stopping.throwIfAborted();
}

export function lockOf(
  parts: ClientParts,
  claim: Claim,
  tried: Tried,
  lease: HeldLease,
  leaseOwner: 'daemon' | 'client' | 'session',
): Acquired {
  if (tried.kind === 'held') return { ...tried, claim };
  const { fencingToken } = tried.grant;
  return { kind: 'acquired', lock: new Lock(parts, { claim, fencingToken, lease, leaseOwner }) };
}

/** A grant, or the lease, was over before its holder heard of it. */
function hasEnded(error: unknown): boolean {
  return error instanceof SharedLockError && error.code === 'NOT_FOUND';
}

/** The caller never held what was lost: it only waited with it. */
function interrupted({ title }: Claim, cause: unknown): SharedLockError {
  const message = `whether ${title} could be had in time is not known: the daemons, or their storage, were out of reach at the end of the wait`;
  return new SharedLockError(unavailable(message, undefined, 'WAIT_INTERRUPTED'), cause);
}
