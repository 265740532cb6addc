import type { LeaseId } from '../../../src/core/lease-id.js';
import type { AcquireOutcome, AcquireRequest } from '../../../src/core/lock.js';
import { caller, faultyBench } from '../../support/services.js';

export const TTL_MS = 10_000;
/** Until a waiter has done what it does without the clock. */
export const SOON_MS = 10;

/** A call that may take a while. */
export interface StartedAcquire {
  /** Undefined until it has come. */
  outcome: AcquireOutcome | undefined;
  readonly done: Promise<AcquireOutcome>;
}

/** A bench for a suite of tests whose store may end leases before their time. */
export function earlyEnds() {
  const bench = faultyBench();

  beforeEach(() => {
    bench.faulty.acknowledging = bench.clock;
  });

  /** As etcd does it: nobody asked for it, and nothing marks it. */
  const endEarly = (lease: LeaseId) => bench.store.revoke(lease);

  /** All that is older than the revision may be ended early. */
  const leaderChanged = (revision = 1000): void => {
    bench.faulty.leaderChange = { revision, atMs: bench.clock.now() };
  };

  const start = (rest: Partial<AcquireRequest> = {}, signal?: AbortSignal): StartedAcquire => {
    const call: StartedAcquire = {
      outcome: undefined,
      done: bench.acquire('a', { waitMs: 60_000, ...rest }, caller(signal)),
    };
    call.done.then(
      (outcome) => (call.outcome = outcome),
      () => undefined,
    );
    return call;
  };

  /** Lets the time pass until shortly before and after `atMs` from now, and says what came of the call by then. */
  const around = async (atMs: number, call: StartedAcquire) => {
    await bench.clock.advance(atMs - SOON_MS);
    const before = call.outcome?.acquired;
    await bench.clock.advance(2 * SOON_MS);
    return [before, call.outcome?.acquired];
  };

  return { bench, endEarly, leaderChanged, start, around };
}
