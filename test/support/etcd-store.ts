import { SystemClock } from '../../src/clock/system-clock.js';
import { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import type { EtcdStoreOptions } from '../../src/store/etcd/options.js';
import { exactly, type Outcome, type Store, type Transaction } from '../../src/store/store.js';

/** An engine with short timeouts, as the fault tests want it. */
export function openEtcdStore(
  endpoints: readonly string[],
  options: Partial<EtcdStoreOptions> = {},
): Promise<EtcdStore> {
  return EtcdStore.open({
    endpoints,
    clock: new SystemClock(),
    daemonRoot: '/shared-lock.v1/daemon/',
    callTimeoutMs: 2000,
    ...options,
  });
}

/** A transaction without conditions: the version of the key counts how often it was applied. */
export function bump(key: string, value = 'x'): Transaction {
  const then = [{ kind: 'put', key, value }] as const;
  return { resource: key, compare: [], then, else: [] };
}

export async function versionOf(store: Store, key: string): Promise<number> {
  const { entries } = await store.read({ range: exactly(key) });
  return entries[0]?.version ?? 0;
}

/** What became of each promise. */
export async function settle(
  calls: readonly Promise<Outcome>[],
): Promise<{ outcomes: Outcome[]; errors: unknown[] }> {
  const outcomes: Outcome[] = [];
  const errors: unknown[] = [];
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === 'fulfilled') outcomes.push(result.value);
    else errors.push(result.reason);
  }
  return { outcomes, errors };
}

/** A generator of numbers from 0 to 1 (mulberry32): the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
