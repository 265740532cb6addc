import { unavailable } from '../../core/errors.js';
import { msFrom } from '../../protocol/convert/values.js';
import { SharedLockError } from '../errors.js';
import type { HolderOptions } from '../options.js';
import type { ClientParts } from '../parts.js';
import { unlessAborted } from '../wire/unless-aborted.js';
import { HeldLease } from './held-lease.js';
import type { LeaseStatus } from './held-lease.js';
import { leaseRequest } from './requests.js';
import { stopSignal } from './stop-signal.js';

/** A lease that ended before it was heard of is made anew so often. */
const MAX_TRIES = 3;

/** Makes a bare lease, and keeps it. If the signal aborts, none is left. */
export async function openLease(parts: ClientParts, options: HolderOptions): Promise<HeldLease> {
  const { keeper, background, settings } = parts;
  keeper.checkRoom();
  const create = async (tries = 1): Promise<HeldLease> => {
    const sentAtMs = settings.clock.now();
    const { grant } = await parts.caller.unary(
      'LeaseService',
      'CreateLease',
      leaseRequest(options, settings.owner),
    );
    if (grant === null) throw new TypeError('a lease without a lock is always granted');
    const lease = { id: grant.leaseId, ttlMs: msFrom(grant.ttl) ?? 0, sentAtMs };
    const kept = await keptLease(parts, lease);
    if (kept === undefined && tries >= MAX_TRIES) throw tooLate();
    return kept ?? create(tries + 1);
  };
  using stop = stopSignal(parts, options.signal);
  stop.signal.throwIfAborted();
  // Awaited here, so that the signal is followed until then.
  return await unlessAborted(create(), stop.signal, (work) => {
    void background.run('ending a lease that is not wanted any more', async () =>
      (await work).revoke(),
    );
  });
}

/** A grant that was heard of late may be over already: renewed first, it is known. @returns undefined if it is over. */
export async function keptLease(
  parts: ClientParts,
  lease: Pick<LeaseStatus, 'id' | 'ttlMs'> & { readonly sentAtMs: number },
): Promise<HeldLease | undefined> {
  const { clock } = parts.settings;
  const sentAtMs = clock.now();
  if (sentAtMs - lease.sentAtMs < lease.ttlMs / 2) return new HeldLease(parts, lease);
  try {
    await parts.caller.unary('LeaseService', 'KeepAlive', { leaseId: lease.id });
  } catch (error) {
    if (error instanceof SharedLockError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
  return new HeldLease(parts, { ...lease, sentAtMs });
}

export function tooLate(cause?: unknown): SharedLockError {
  const message = 'grants come so late that they are over already; ask for a longer TTL';
  return new SharedLockError(unavailable(message, undefined, 'GRANT_TOO_LATE'), cause);
}
