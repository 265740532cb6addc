import { median, quantile } from './measure.js';
import type { Message } from './stubs.js';
import { check, freshName } from './workload.js';
import type { World } from './world.js';

/** How long one caller waits for a lock that is free, with a lease made for it, when nothing else goes on. */
export interface Latency {
  readonly oursMs: number;
  /** Grant a lease, then put the key if it is not there. */
  readonly directMs: number;
  /** Median of the rounds. */
  readonly ratio: number;
}

const ACQUISITIONS = 150;

/** The release is not part of it. */
export async function measureLatency(world: World, rounds: number): Promise<Latency> {
  const ours: number[] = [];
  const direct: number[] = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const oursMs = await typicalMs(() => acquireOurs(world));
    const directMs = await typicalMs(() => acquireDirectly(world));
    if (round === 0) continue;
    ours.push(oursMs);
    direct.push(directMs);
  }
  return {
    oursMs: median(ours),
    directMs: median(direct),
    ratio: median(ours.map((ms, round) => ms / (direct[round] ?? NaN))),
  };
}

/** @param acquire resolves to what releases. */
async function typicalMs(acquire: () => Promise<() => Promise<unknown>>): Promise<number> {
  const samplesMs: number[] = [];
  for (let turn = 0; turn < ACQUISITIONS; turn++) {
    const startedMs = performance.now();
    const release = await acquire();
    samplesMs.push(performance.now() - startedMs);
    await release();
  }
  samplesMs.sort((a, b) => a - b);
  return quantile(samplesMs, 0.5);
}

async function acquireOurs({ ours }: World): Promise<() => Promise<unknown>> {
  const name = freshName('single');
  const answer = await ours.locks.call('Acquire', { name, ttl: { seconds: 60 } });
  check(answer.acquired === true, 'the lock was free');
  const { leaseId } = answer.grant as Message;
  return () => ours.locks.call('Release', { name, leaseId });
}

async function acquireDirectly({ kv, etcdLeases }: World): Promise<() => Promise<unknown>> {
  const key = Buffer.from(freshName('single'));
  const { ID: lease } = await etcdLeases.call('LeaseGrant', { TTL: 60 });
  const answer = await kv.call('Txn', {
    compare: [{ key, target: 'Create', result: 'Equal', create_revision: 0 }],
    success: [{ request_put: { key, value: key, lease } }],
  });
  check(answer.succeeded === true, 'the key was free');
  return () => etcdLeases.call('LeaseRevoke', { ID: lease });
}
