import { median, quantile } from './measure.js';
import { check, freshName } from './workload.js';
import { etcdLease, session, type World } from './world.js';

/** How long it takes from a release to the next grant, and what it costs etcd, with so many waiters. */
export interface Handoff {
  readonly side: string;
  readonly waiters: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that etcd got meanwhile, by the handoff. */
  readonly requests: number;
}

/** A waiter: resolves once it has the lock, to what releases it. */
type Wait = () => Promise<() => Promise<unknown>>;

const WAITERS = [2, 16, 128];
/** So that few waiters give as many handoffs as many do. */
const HANDOFFS = 128;

export async function measureHandoffs(
  world: World,
  rounds: number,
  progress: (line: string) => void,
): Promise<Handoff[]> {
  const handoffs: Handoff[] = [];
  for (const waiters of WAITERS) {
    progress(`handoff, ${waiters} waiters`);
    for (const [side, make] of [
      ['ours', ourWaiter],
      ["etcd's Lock service", etcdWaiter],
    ] as const) {
      const samples: Omit<Handoff, 'side' | 'waiters'>[] = [];
      for (let round = 0; round < rounds; round++) {
        samples.push(await handOver(world, make(world, freshName('handoff')), waiters));
      }
      handoffs.push({
        side,
        waiters,
        p50Ms: median(samples.map((sample) => sample.p50Ms)),
        p99Ms: median(samples.map((sample) => sample.p99Ms)),
        requests: median(samples.map((sample) => sample.requests)),
      });
    }
  }
  return handoffs;
}

async function handOver(
  world: World,
  wait: Wait,
  waiters: number,
): Promise<Omit<Handoff, 'side' | 'waiters'>> {
  const gapsMs: number[] = [];
  let requests = 0;
  for (let done = 0; done < HANDOFFS; done += waiters) {
    const first = await wait();
    let releasedMs = NaN;
    const queued = Array.from({ length: waiters }, async () => {
      const release = await wait();
      gapsMs.push(performance.now() - releasedMs);
      releasedMs = performance.now();
      await release();
    });
    // Until all wait; it is not part of what is measured.
    await new Promise((resolve) => setTimeout(resolve, 200 + 5 * waiters));
    const before = await requestsOf(world);
    releasedMs = performance.now();
    await first();
    await Promise.all(queued);
    requests += (await requestsOf(world)) - before;
  }
  check(gapsMs.length >= HANDOFFS, 'each waiter had the lock once');
  gapsMs.sort((a, b) => a - b);
  return {
    p50Ms: quantile(gapsMs, 0.5),
    p99Ms: quantile(gapsMs, 0.99),
    requests: requests / gapsMs.length,
  };
}

function ourWaiter({ ours }: World, name: string): Wait {
  return async () => {
    const leaseId = await session(ours);
    const { acquired } = await ours.locks.call('Acquire', {
      name,
      leaseId,
      wait: { seconds: 60 },
    });
    check(acquired === true, 'the lock within a minute');
    return () => ours.locks.call('Release', { name, leaseId });
  };
}

function etcdWaiter(world: World, name: string): Wait {
  return async () => {
    const lease = await etcdLease(world);
    const { key } = await world.etcdLocks.call('Lock', { name: Buffer.from(name), lease });
    return () => world.etcdLocks.call('Unlock', { key });
  };
}

/** Requests that etcd has answered, all kinds together. */
export async function requestsOf(world: World): Promise<number> {
  const response = await fetch(`${world.etcd.endpoints[0] ?? ''}/metrics`);
  let sum = 0;
  for (const line of (await response.text()).split('\n')) {
    if (!line.startsWith('grpc_server_msg_received_total')) continue;
    sum += Number(line.slice(line.lastIndexOf(' ')));
  }
  return sum;
}
