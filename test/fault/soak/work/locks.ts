import {
  boundOf,
  NO_BOUND_MS,
  TTLS_MS,
  takeLock,
  useAndRelease,
  withSignal,
  type TakenLock,
} from './taken-lock.js';
import { workUnder } from './under.js';
import { CALM_LOCKS, DEADLINE_MS, repeat, SINGLE_LOCKS, type Work } from './work.js';

const LONGEST_WAIT_MS = 6000;

/** Takes locks in all ways that there are, and gives them back. */
export async function useLocks(work: Work): Promise<void> {
  await repeat(work, async () => {
    const kind = work.random.next();
    if (kind < 0.5) await tryLock(work);
    else if (kind < 0.75) await acquireLock(work);
    else await lockAround(work);
  });
}

async function tryLock(work: Work): Promise<void> {
  const { random, operations } = work;
  const name = random.pick([...SINGLE_LOCKS, ...CALM_LOCKS, ...CALM_LOCKS]);
  let held: TakenLock | undefined;
  await operations.run(
    { call: 'tryAcquire', thing: `lock:${name}`, boundMs: DEADLINE_MS },
    async (op) => {
      const lock = await work.client().tryAcquire(name, { ttlMs: random.pick(TTLS_MS), owner: op });
      if (lock !== undefined) held = takeLock(work, op, lock);
      return lock;
    },
  );
  if (held !== undefined) await useAndRelease(work, held);
}

async function acquireLock(work: Work): Promise<void> {
  const { random, operations } = work;
  const name = random.pick(SINGLE_LOCKS);
  const signal = operations.sometimesCancelled(0.3, 3000);
  const waitMs =
    signal !== undefined && random.chance(0.5) ? Infinity : random.between(0, LONGEST_WAIT_MS);
  let held: TakenLock | undefined;
  await operations.run(
    { call: 'acquire', thing: `lock:${name}`, boundMs: boundOf(waitMs), signal },
    async (op) => {
      const options = { ttlMs: random.pick(TTLS_MS), owner: op, waitMs, ...withSignal(signal) };
      held = takeLock(work, op, await work.client().acquire(name, options));
      return held;
    },
  );
  if (held !== undefined) await useAndRelease(work, held);
}

async function lockAround(work: Work): Promise<void> {
  const { random, operations } = work;
  const name = random.pick(SINGLE_LOCKS);
  const waitMs = random.between(0, LONGEST_WAIT_MS);
  const options = { ttlMs: random.pick(TTLS_MS), waitMs };
  // As long as the work takes, which ends by itself.
  await operations.run({ call: 'withLock', thing: `lock:${name}`, boundMs: NO_BOUND_MS }, (op) =>
    work.client().withLock(name, { ...options, owner: op }, async ({ lock }) => {
      const { held, holding } = takeLock(work, op, lock);
      await workUnder(work, held, holding);
      holding.workEnds();
      holding.yields();
      return true;
    }),
  );
}
