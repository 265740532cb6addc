import { randomName } from '../../clock/random.js';
import { within } from '../../clock/within.js';
import { unavailable } from '../../core/errors.js';
import { SharedLockError } from '../errors.js';
import type { ClientParts } from '../parts.js';
import { linked } from '../wire/linked.js';
import { unlessAborted } from '../wire/unless-aborted.js';
import { lockOf } from './acquire.js';
import type { Acquired } from './acquire.js';
import { giveBackSurely, mayBeGranted } from './give-back.js';
import { waitUnder } from './wait-under.js';
import type { Wait } from './wait-under.js';

/**
 * Takes a lock with the lease of a session. If it is given up, or ends without an answer, its request is withdrawn, and a
 * grant that comes all the same is given back.
 * @param leaving is told when that has ended, however it does: before, the session must not ask for the name again.
 */
export async function acquireUnder(
  parts: ClientParts,
  wait: Omit<Wait, 'newId'>,
  leaving: (ended: Promise<void>) => void,
): Promise<Acquired> {
  const { claim, lease } = wait;
  let requestId = '';
  const newId = (): string => (requestId = randomName());
  try {
    const tried = await waitUnder(parts, { ...wait, newId });
    return lockOf(parts, claim, tried, lease, 'session');
  } catch (error) {
    if (requestId !== '' && mayBeGranted(error)) {
      const withdraw = () => giveBackSurely(parts, claim, lease, { grantRequestId: requestId });
      leaving(
        parts.background.run(`giving ${claim.title} back, which is not wanted any more,`, withdraw),
      );
    }
    throw error;
  }
}

/**
 * Waits until the last use of the name has ended, for as long as the lock would be waited for, and a call may take.
 * @throws the reason of what ends the waiting; SharedLockError UNAVAILABLE (RELEASE_PENDING) if it takes too long.
 */
export async function untilFree(
  parts: ClientParts,
  { claim, lease, untilMs, signal }: Omit<Wait, 'newId'>,
  ended: Promise<void>,
): Promise<void> {
  const { clock, deadlineMs } = parts.settings;
  using stop = linked(signal, parts.stopping, lease.signal);
  const free = unlessAborted(
    ended.then(() => true),
    stop.signal,
    () => undefined,
  );
  const limitMs = Math.max(untilMs - clock.now(), 0) + deadlineMs;
  if ((await within(clock, limitMs, free)) === true) return;
  const message = `whether ${claim.title} was given back by this lease before is not known yet; ask again`;
  throw new SharedLockError(unavailable(message, undefined, 'RELEASE_PENDING'));
}
