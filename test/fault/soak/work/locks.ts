import type { Lease, Lock } from '../../../../src/index.js';
import { workUnder, type Held } from './under.js';
import { DEADLINE_MS, SESSION_LOCKS, SINGLE_LOCKS, pause, repeat, type Work } from './work.js';

const TTLS_MS = [2000, 3000, 5000] as const;
const LONGEST_WAIT_MS = 6000;
/** Of a call that waits until its signal aborts. */
const NO_BOUND_MS = 3_600_000;

/** Takes locks in all ways that there are, and gives them back. */
export async function useLocks(work: Work): Promise<void> {
  await repeat(work, async () => {
    const kind = work.random.next();
    if (kind < 0.2) await tryLock(work);
    else if (kind < 0.6) await acquireLock(work);
    else await lockAround(work);
  });
}

/** Holds several locks with one lease, and cancels many of the waits: each name is asked for again at once. */
export async function useSessions(work: Work): Promise<void> {
  const { random, operations } = work;
  await repeat(work, async () => {
    const session = await operations.run(
      { call: 'session', thing: 'session', boundMs: DEADLINE_MS },
      () => work.client().lease({ ttlMs: random.pick(TTLS_MS) }),
    );
    if (session === undefined) return;
    for (let left = random.between(1, 6); left > 0 && !work.stopping.aborted; left--) {
      const name = random.pick(SESSION_LOCKS);
      for (let tries = 0; tries < 3; tries++) {
        if (await acquireIn(work, session, name)) break;
      }
    }
    await operations.run({ call: 'session.revoke', thing: 'session', boundMs: DEADLINE_MS }, () =>
      session.revoke(),
    );
  });
}

async function tryLock(work: Work): Promise<void> {
  const { random, operations } = work;
  const name = random.pick(SINGLE_LOCKS);
  let held: Taken | undefined;
  await operations.run(
    { call: 'tryAcquire', thing: `lock:${name}`, boundMs: DEADLINE_MS },
    async (op) => {
      const lock = await work.client().tryAcquire(name, { ttlMs: random.pick(TTLS_MS), owner: op });
      if (lock !== undefined) held = take(work, op, lock);
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
  let held: Taken | undefined;
  await operations.run(
    { call: 'acquire', thing: `lock:${name}`, boundMs: boundOf(waitMs), signal },
    async (op) => {
      const options = { ttlMs: random.pick(TTLS_MS), owner: op, waitMs, ...withSignal(signal) };
      held = take(work, op, await work.client().acquire(name, options));
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
      const { held, holding } = take(work, op, lock);
      await workUnder(work, held, holding);
      holding.workEnds();
      holding.yields();
      return true;
    }),
  );
}

async function acquireIn(work: Work, session: Lease, name: string): Promise<boolean> {
  const { random, operations } = work;
  const signal = operations.sometimesCancelled(0.6, random.chance(0.5) ? 10 : 1500);
  const waitMs = random.between(0, LONGEST_WAIT_MS);
  let taken: Taken | undefined;
  await operations.run(
    { call: 'session.acquire', thing: `lock:${name}`, boundMs: boundOf(waitMs), signal },
    async (op) => {
      const options = { owner: op, waitMs, ...withSignal(signal) };
      taken = take(work, op, await session.acquire(name, options));
      return taken;
    },
  );
  if (taken === undefined) return false;
  await useAndRelease(work, taken);
  return true;
}

/** A lock that was just granted. */
interface Taken {
  readonly lock: Lock;
  readonly held: Held;
  readonly holding: ReturnType<Work['holdings']['begin']>;
}

function take(work: Work, op: string, lock: Lock): Taken {
  const { name, fencingToken: token } = lock;
  const thing = `lock:${name}`;
  const holding = work.holdings.begin(op, thing, token, lock);
  return { lock, holding, held: { thing, token, fence: { name, fencingToken: token } } };
}

async function useAndRelease(work: Work, { lock, held, holding }: Taken): Promise<void> {
  const { thing } = held;
  const boundMs = DEADLINE_MS;
  await workUnder(work, held, holding);
  if (work.random.chance(0.2) && holding.sample()) {
    await work.operations.run({ call: 'confirm', thing, boundMs }, () => lock.confirm());
  }
  holding.yields();
  await work.operations.run({ call: 'release', thing, boundMs }, () => lock.release());
  await pause(work.random.between(0, 30));
}

function boundOf(waitMs: number): number {
  return waitMs === Infinity ? NO_BOUND_MS : waitMs + DEADLINE_MS;
}

function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
