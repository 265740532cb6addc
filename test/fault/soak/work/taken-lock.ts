import type { Lock } from '../../../../src/index.js';
import type { Holding } from './holdings.js';
import { workUnder, type Held } from './under.js';
import { DEADLINE_MS, pause, type Work } from './work.js';

export const TTLS_MS = [2000, 3000, 5000] as const;
/** Of a call that ends when its signal aborts, or its work does. */
export const NO_BOUND_MS = 3_600_000;

/** A lock that was just granted. */
export interface TakenLock {
  readonly lock: Lock;
  readonly held: Held;
  readonly holding: Holding;
}

export function takeLock(work: Work, op: string, lock: Lock): TakenLock {
  const { name, fencingToken: token } = lock;
  const thing = `lock:${name}`;
  const holding = work.holdings.begin(op, thing, token, lock);
  return { lock, holding, held: { thing, token, fence: { name, fencingToken: token } } };
}

export async function useAndRelease(work: Work, { lock, held, holding }: TakenLock): Promise<void> {
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

export function boundOf(waitMs: number): number {
  return waitMs === Infinity ? NO_BOUND_MS : waitMs + DEADLINE_MS;
}

export function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
