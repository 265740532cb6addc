import { randomName } from '../../clock/random.js';
import type { Holder } from '../../core/lock.js';
import { durationOf } from '../../protocol/convert/values.js';
import { SharedLockError } from '../errors.js';
import type { AcquireOptions } from '../options.js';
import type { ClientParts } from '../parts.js';
import { mayRepeat } from '../wire/faults.js';
import type { HeldLease } from './held-lease.js';
import { keptLease, openLease, tooLate } from './lease-grants.js';
import { Lock } from './lock.js';
import { checkWait, lockRequest, triedFrom } from './requests.js';
import type { RawGrant, Tried } from './requests.js';
import { stopSignal, unlessAborted } from './unless-aborted.js';

/** Daemons keep a waiter for so long by default. */
const MAX_WAIT_MS = 3_600_000;
/** A grant that ended before it was heard of is asked for anew so often. */
const MAX_TRIES = 3;

export type Acquired =
  | { readonly kind: 'acquired'; readonly lock: Lock }
  | { readonly kind: 'held'; readonly holders: readonly Holder[] };

/**
 * Takes a lock with a lease of its own. First a try, which is one call. To wait, the client makes the lease itself:
 * then it can be revoked, whatever became of the waiting, so that no grant is left behind that nobody heard of; and a
 * waiter whose daemon dies goes on at another one with the same lease.
 */
export async function acquireLock(
  parts: ClientParts,
  name: string,
  options: AcquireOptions,
  defaultWaitMs: number,
): Promise<Acquired> {
  const { clock } = parts.settings;
  const waitMs = checkWait(options.waitMs ?? defaultWaitMs);
  const signal = stopSignal(parts, options.signal);
  signal.throwIfAborted();
  parts.keeper.checkRoom();
  const untilMs = clock.now() + waitMs;
  const tried = await unlessAborted(tryOnce(parts, name, options), signal, (work) => {
    parts.background.run('releasing a lock that came too late', async () => {
      const late = await work;
      if (late.kind === 'acquired') await late.lock.release();
    });
  });
  if (tried.kind === 'acquired' || clock.now() >= untilMs) return tried;
  return waitWithLease(parts, name, options, untilMs);
}

/** Takes a lock with a lease that is there. If it is given up, a grant that comes all the same is given back. */
export async function acquireUnder(
  parts: ClientParts,
  lease: HeldLease,
  name: string,
  options: AcquireOptions,
  defaultWaitMs: number,
): Promise<Acquired> {
  const waitMs = checkWait(options.waitMs ?? defaultWaitMs);
  stopSignal(parts, options.signal).throwIfAborted();
  const untilMs = parts.settings.clock.now() + waitMs;
  try {
    const tried = await waitUnder(parts, lease, name, options, untilMs);
    return lockOf(parts, name, tried, lease, 'session');
  } catch (error) {
    const isRefused = error instanceof SharedLockError && !mayRepeat(error);
    if (!isRefused) {
      parts.background.run('releasing a lock that is not wanted any more', () =>
        parts.caller
          .unary('LockService', 'Release', { name, leaseId: lease.id, requestId: randomName() })
          .catch(ignoreNotHeld),
      );
    }
    throw error;
  }
}

async function tryOnce(
  parts: ClientParts,
  name: string,
  options: AcquireOptions,
): Promise<Acquired> {
  const { settings, caller } = parts;
  for (let tries = 1; ; tries++) {
    const request = {
      ...lockRequest(name, options, settings.owner),
      ttl: durationOf(options.ttlMs),
      requestId: randomName(),
    };
    const sentAtMs = settings.clock.now();
    try {
      const response = await caller.unary('LockService', 'Acquire', request);
      const tried = triedFrom(response, sentAtMs);
      if (tried.kind === 'held') return tried;
      const lease = await keptLease(parts, { id: tried.grant.leaseId, ...tried.grant });
      if (lease !== undefined) return lockOf(parts, name, tried, lease, 'daemon');
      if (tries >= MAX_TRIES) throw tooLate();
    } catch (error) {
      if (!hasEnded(error) || tries >= MAX_TRIES) throw error;
    }
  }
}

async function waitWithLease(
  parts: ClientParts,
  name: string,
  options: AcquireOptions,
  untilMs: number,
): Promise<Acquired> {
  for (;;) {
    const lease = await openLease(parts, options);
    const drop = (): void => {
      parts.background.run('ending the lease of a waiter', () => lease.revoke());
    };
    try {
      const tried = await waitUnder(parts, lease, name, options, untilMs);
      if (tried.kind === 'held') drop();
      return lockOf(parts, name, tried, lease, 'client');
    } catch (error) {
      drop();
      // The lease was lost while it waited: with another one it goes on.
      const mayGoOn = lease.leaseState.kind === 'LOST' || hasEnded(error);
      const isOver = parts.settings.clock.now() >= untilMs;
      if (stopSignal(parts, options.signal).aborted || !mayGoOn || isOver) throw error;
    }
  }
}

async function waitUnder(
  parts: ClientParts,
  lease: HeldLease,
  name: string,
  options: AcquireOptions,
  untilMs: number,
): Promise<Tried> {
  const { clock, owner, deadlineMs } = parts.settings;
  const request = lockRequest(name, options, owner);
  const signal = AbortSignal.any([stopSignal(parts, options.signal), lease.signal]);
  const waitLeftMs = (): number => Math.min(Math.max(untilMs - clock.now(), 0), MAX_WAIT_MS);
  for (;;) {
    const limitMs = waitLeftMs() + deadlineMs;
    const response = await parts.caller.unary(
      'LockService',
      'Acquire',
      () => ({ ...request, leaseId: lease.id, wait: durationOf(waitLeftMs()) }),
      { deadlineMs: limitMs, tryMs: limitMs, signal },
    );
    // The lease counts by its own renewals.
    const tried = triedFrom(response, 0);
    if (tried.kind === 'granted' || clock.now() >= untilMs) return tried;
  }
}

function lockOf(
  parts: ClientParts,
  name: string,
  tried: Tried,
  lease: HeldLease,
  leaseOwner: 'daemon' | 'client' | 'session',
): Acquired {
  if (tried.kind === 'held') return tried;
  const { fencingToken }: RawGrant = tried.grant;
  return { kind: 'acquired', lock: new Lock(parts, { name, fencingToken, lease, leaseOwner }) };
}

/** A grant, or the lease, was over before its holder heard of it. */
function hasEnded(error: unknown): boolean {
  return error instanceof SharedLockError && error.code === 'NOT_FOUND';
}

function ignoreNotHeld(error: unknown): void {
  const code = error instanceof SharedLockError ? error.code : undefined;
  if (code !== 'FAILED_PRECONDITION' && code !== 'NOT_FOUND') throw error;
}
