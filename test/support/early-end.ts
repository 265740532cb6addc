import type { Etcd } from './etcd.js';
import { WireError, type WireClient } from './wire-client.js';

const POLL_MS = 20;
const RETRY_MS = 100;
/** More than the 16 revocations that etcd has under way at a time: of the others some come seconds later. */
const LOCKS = 60;
/** From when the old leader goes on until the locks are released: its revocations come within 7 s or so. */
const AFTERMATH_MS = 10_000;

/** What one round came to, in numbers of locks. */
export interface Round {
  readonly locks: number;
  /** Their leases ended before the end that the last answer to a renewal promised. */
  readonly endedEarly: number;
  /** Those whose waiter was at the daemon that renewed. */
  readonly here: Succession;
  /** Those whose waiter was at another daemon. */
  readonly elsewhere: Succession;
}

interface Succession {
  /** Granted before the promised end. */
  readonly early: number;
  /** By how many milliseconds at most. */
  readonly byMs: number;
  /** And before the holder's next renewal told it that its lease was lost: both believed in the lock. */
  readonly believedTwice: number;
}

/** All times are of one clock, in milliseconds. */
interface Hold {
  readonly name: string;
  readonly leaseId: string;
  /** The holder may believe until then: the TTL counts from when its last renewal that succeeded was sent. */
  promisedMs: number;
  endedMs: number | undefined;
  releasedMs: number | undefined;
}

/**
 * Locks that are held and renewed by way of one daemon, each with a waiter at `here`, the same daemon, or at
 * `elsewhere`, another. The leader of etcd stands still for `pauseMs`, and goes on.
 */
export async function round(
  etcd: Etcd,
  here: WireClient,
  elsewhere: WireClient,
  { ttlSeconds, pauseMs, prefix }: { ttlSeconds: number; pauseMs: number; prefix: string },
): Promise<Round> {
  const ttl = `${ttlSeconds}s`;
  const names = Array.from({ length: LOCKS }, (_, index) => `${prefix}-${index}`);
  const holds = await Promise.all(
    names.map(async (name): Promise<Hold> => {
      const sentMs = performance.now();
      const { grant } = await here.call('Acquire', { name, ttl });
      const { leaseId } = grant as { leaseId: string };
      const promisedMs = sentMs + ttlSeconds * 1000;
      return { name, leaseId, promisedMs, endedMs: undefined, releasedMs: undefined };
    }),
  );
  const keeping = holds.map((hold) => keep(here, hold, ttlSeconds));
  const waiting = holds.map((hold, index) => wait(index % 2 === 0 ? here : elsewhere, hold, ttl));
  await sleep(300);
  const leader = await etcd.leader();
  etcd.pause(leader);
  await sleep(pauseMs);
  etcd.resume(leader);
  await sleep(AFTERMATH_MS);
  for (const hold of holds) hold.releasedMs = performance.now();
  await Promise.all(keeping);
  await Promise.all(
    holds.map((hold) => insist(() => here.call('RevokeLease', { leaseId: hold.leaseId }))),
  );
  const grantedMs = await Promise.all(waiting);
  const succession = (rest: number): Succession => {
    const early = holds.filter(
      (hold, index) => index % 2 === rest && isEarly(hold, grantedMs[index]),
    );
    const twice = early.filter(
      (hold) => (grantedMs[holds.indexOf(hold)] ?? 0) < (hold.endedMs ?? Infinity),
    );
    const byMs = early.map((hold) => hold.promisedMs - (grantedMs[holds.indexOf(hold)] ?? 0));
    return {
      early: early.length,
      byMs: Math.round(Math.max(0, ...byMs)),
      believedTwice: twice.length,
    };
  };
  return {
    locks: LOCKS,
    endedEarly: holds.filter((hold) => hold.endedMs !== undefined && hold.endedMs < hold.promisedMs)
      .length,
    here: succession(0),
    elsewhere: succession(1),
  };
}

/** Renews at each third of the TTL until the lock is released or lost. */
async function keep(client: WireClient, hold: Hold, ttlSeconds: number): Promise<void> {
  let nextMs = performance.now() + (ttlSeconds * 1000) / 3;
  while (hold.releasedMs === undefined) {
    await sleep(POLL_MS);
    const sentMs = performance.now();
    if (sentMs < nextMs) continue;
    try {
      await client.call('KeepAlive', { leaseId: hold.leaseId });
      hold.promisedMs = sentMs + ttlSeconds * 1000;
      nextMs = sentMs + (ttlSeconds * 1000) / 3;
    } catch (error) {
      if (isNotFound(error)) {
        hold.endedMs = performance.now();
        return;
      }
      nextMs = performance.now() + RETRY_MS;
    }
  }
}

function isEarly({ promisedMs, releasedMs = Infinity }: Hold, grantedMs = Infinity): boolean {
  return grantedMs < Math.min(promisedMs, releasedMs);
}

/** @returns when it was granted. */
async function wait(client: WireClient, hold: Hold, ttl: string): Promise<number> {
  const { name } = hold;
  const { grant } = await insist(async () => {
    const outcome = await client.call('Acquire', { name, ttl, wait: '60s' });
    if (outcome.acquired !== true) throw new WireError('UNAVAILABLE', 'the wait was over');
    return outcome;
  });
  const grantedMs = performance.now();
  const { leaseId } = grant as { leaseId: string };
  await insist(() => client.call('RevokeLease', { leaseId }));
  return grantedMs;
}

/** While etcd has no leader nothing is answered. */
async function insist<T>(call: () => Promise<T>): Promise<T | Record<string, never>> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (isNotFound(error)) return {};
    }
    await sleep(RETRY_MS);
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof WireError && error.code === 'NOT_FOUND';
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
