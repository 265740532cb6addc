import type { Lease } from '../../../../src/index.js';
import {
  boundOf,
  takeLock,
  TTLS_MS,
  useAndRelease,
  withSignal,
  type TakenLock,
} from './taken-lock.js';
import { CALM_LOCKS, DEADLINE_MS, repeat, SESSION_LOCKS, type Work } from './work.js';

const LONGEST_WAIT_MS = 6000;
/** Within a round trip or two: the grant may be on its way. */
const AT_ONCE_MS = 20;
const LATER_MS = 1500;

/** Holds several locks with one lease. */
export async function useSessions(work: Work): Promise<void> {
  await repeat(work, () =>
    inSession(work, async (session) => {
      await acquireIn(work, session, work.random.pick(SESSION_LOCKS), 0.3, LATER_MS);
    }),
  );
}

/** Asks for a lock, cancels that, and asks for it again at once, with the same lease. */
export async function changeMinds(work: Work): Promise<void> {
  await repeat(work, () =>
    inSession(work, async (session) => {
      const name = work.random.pick(CALM_LOCKS);
      const isHeld = await acquireIn(work, session, name, 1, AT_ONCE_MS);
      if (!isHeld) await acquireIn(work, session, name, 0.1, LATER_MS);
    }),
  );
}

async function inSession(work: Work, use: (session: Lease) => Promise<void>): Promise<void> {
  const { random, operations } = work;
  const asked = { thing: 'session', boundMs: DEADLINE_MS };
  const session = await operations.run({ call: 'session', ...asked }, () =>
    work.client().lease({ ttlMs: random.pick(TTLS_MS) }),
  );
  if (session === undefined) return;
  const isOver = (): boolean => work.stopping.aborted || session.signal.aborted;
  for (let left = random.between(1, 8); left > 0 && !isOver(); left--) await use(session);
  await operations.run({ call: 'session.revoke', ...asked }, () => session.revoke());
}

/** @returns whether it was granted; it is released again. */
async function acquireIn(
  work: Work,
  session: Lease,
  name: string,
  cancelled: number,
  cancelledWithinMs: number,
): Promise<boolean> {
  const { random, operations } = work;
  const signal = operations.sometimesCancelled(cancelled, cancelledWithinMs);
  const waitMs = random.between(0, LONGEST_WAIT_MS);
  let taken: TakenLock | undefined;
  await operations.run(
    { call: 'session.acquire', thing: `lock:${name}`, boundMs: boundOf(waitMs), signal },
    async (op) => {
      const options = { owner: op, waitMs, ...withSignal(signal) };
      taken = takeLock(work, op, await session.acquire(name, options));
      return taken;
    },
  );
  if (taken === undefined) return false;
  await useAndRelease(work, taken);
  return true;
}
