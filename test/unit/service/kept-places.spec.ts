import { expect } from 'chai';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { AcquireOutcome, AcquireRequest } from '../../../src/core/lock.js';
import { CONNECTION_BROKEN } from '../../../src/service/caller.js';
import { KEPT_MS } from '../../../src/service/lock/queue/kept-places.js';
import {
  acquireRequest,
  caller,
  faultOf,
  faultyBench,
  grantOf,
  keysBelow,
  session,
  startDaemon,
} from '../../support/services.js';

/** A caller that waits for the lock `a`, and what breaks its connection, or cancels its call. */
interface Waiter {
  readonly outcome: Promise<AcquireOutcome>;
  break(): Promise<void>;
  cancel(): Promise<void>;
}

describe('The place of a waiter whose connection breaks', () => {
  const bench = faultyBench();
  let holder: LeaseId;
  let lease: LeaseId;

  beforeEach(async () => {
    holder = await session(bench.daemon, 3_600_000);
    lease = await session(bench.daemon, 3_600_000);
    await bench.acquire('a', { lease: holder });
  });

  const wait = async (rest: Partial<AcquireRequest> = {}, user?: string): Promise<Waiter> => {
    const gone = new AbortController();
    const request = { lease, requestId: 'x', waitMs: 60_000, ...rest };
    const outcome = bench.acquire('a', request, { ...caller(gone.signal), user });
    outcome.catch(() => undefined);
    await bench.clock.advance(1);
    const end = (reason?: Error) => async (): Promise<void> => {
      gone.abort(reason);
      await faultOf(outcome);
      await bench.clock.advance(1);
    };
    return { outcome, break: end(CONNECTION_BROKEN), cancel: end() };
  };
  const other = (): Promise<Waiter> => wait({ lease: undefined, requestId: '' });
  const places = async (): Promise<number> =>
    (await keysBelow(bench.store, '/shared-lock.v1/queue/')).length;
  const granted = async (waiter: Waiter): Promise<boolean> => {
    let isGranted = false;
    void waiter.outcome.then(({ acquired }) => (isGranted = acquired));
    await bench.clock.advance(1);
    return isGranted;
  };

  for (const requestId of ['x', '']) {
    it(`is that of the same request, made again, ${requestId === '' ? 'without' : 'with'} an id`, async () => {
      await (await wait({ requestId })).break();
      const later = await other();
      await bench.clock.advance(KEPT_MS - 10);
      const again = await wait({ requestId });
      expect(await places()).to.equal(2);
      await bench.release('a', holder);
      expect(grantOf(await again.outcome).leaseId).to.equal(lease);
      expect(await granted(later)).to.equal(false);
      await bench.release('a', lease);
      expect(await granted(later)).to.equal(true);
      expect(await places()).to.equal(0);
      expect(bench.daemon.telemetry.waiting).to.equal(0);
    });
  }

  it('is that of the same request which came before it was known that the first one had broken', async () => {
    const first = await wait();
    const later = await other();
    const again = await wait();
    await first.break();
    expect(await places()).to.equal(2);
    await bench.release('a', holder);
    expect(grantOf(await again.outcome).leaseId).to.equal(lease);
    expect(await granted(later)).to.equal(false);
    expect(bench.daemon.telemetry.waiting).to.equal(1);
  });

  it('is that of the same request which is taking another place in the very moment', async () => {
    const first = await wait();
    const later = await other();
    bench.faulty.around = async (_, run) => {
      bench.faulty.around = (_, next) => next();
      const outcome = await run();
      await first.break();
      return outcome;
    };
    const again = await wait();
    await bench.clock.advance(KEPT_MS);
    expect(await places()).to.equal(2);
    await bench.release('a', holder);
    expect(await granted(again)).to.equal(true);
    expect(await granted(later)).to.equal(false);
  });

  it('is the one farther in front, if the connections of both break', async () => {
    const first = await wait();
    const later = await other();
    const second = await wait();
    await Promise.all([first.break(), second.break()]);
    const third = await wait();
    expect(await places()).to.equal(2);
    await bench.release('a', holder);
    expect(grantOf(await third.outcome).leaseId).to.equal(lease);
    expect(await granted(later)).to.equal(false);
  });

  it('is kept again if that breaks too', async () => {
    for (let tries = 0; tries < 3; tries++) {
      await (await wait()).break();
      await bench.clock.advance(KEPT_MS / 2);
    }
    const later = await other();
    const again = await wait();
    await bench.release('a', holder);
    expect(await granted(again)).to.equal(true);
    expect(await granted(later)).to.equal(false);
  });

  it('is granted to nobody, and left when its time is over', async () => {
    await (await wait()).break();
    const later = await other();
    await bench.release('a', holder);
    await bench.clock.advance(KEPT_MS - 100);
    expect(await granted(later)).to.equal(false);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(0);
    await bench.clock.advance(100);
    expect(await granted(later)).to.equal(true);
    expect(bench.daemon.telemetry.waiting).to.equal(0);
  });

  it('is left at once by a caller that cancels', async () => {
    await (await wait()).cancel();
    expect(await places()).to.equal(0);
  });

  it('is left at once if the lock was to have a lease of its own', async () => {
    await (await wait({ lease: undefined })).break();
    expect(await places()).to.equal(0);
  });

  it('is not that of another request', async () => {
    await (await wait()).break();
    const later = await other();
    const another = await wait({ requestId: 'y' });
    await bench.release('a', holder);
    await bench.clock.advance(KEPT_MS);
    expect(await granted(later)).to.equal(true);
    expect(await granted(another)).to.equal(false);
  });

  it('may be lost meanwhile with the lease of the daemon: then the request has another', async () => {
    await (await wait()).break();
    for (const key of await keysBelow(bench.store, '/shared-lock.v1/queue/')) {
      const range = { from: key, to: `${key}\0` };
      const then = [{ kind: 'delete' as const, range }];
      await bench.store.transact({ resource: key, compare: [], then, else: [] });
    }
    const again = await wait();
    expect(await places()).to.equal(1);
    await bench.release('a', holder);
    expect(await granted(again)).to.equal(true);
  });

  it('is left at once if the request is made again in another mode', async () => {
    await (await wait()).break();
    await wait({ mode: 'SHARED' });
    expect(await places()).to.equal(1);
    expect(bench.daemon.telemetry.waiting).to.equal(1);
  });

  it('is left at once when the request is withdrawn', async () => {
    await (await wait()).break();
    await bench.release('a', lease, { grantRequestId: 'x' });
    await bench.clock.advance(1);
    expect(await places()).to.equal(0);
  });

  it('is left at once when the lease is revoked', async () => {
    await (await wait()).break();
    await bench.daemon.leases.revoke(lease);
    await bench.clock.advance(1);
    expect(await places()).to.equal(0);
  });

  it('is left at once when the daemon drains', async () => {
    await (await wait()).break();
    bench.daemon.drain();
    await bench.clock.advance(1);
    expect(await places()).to.equal(0);
    expect(bench.daemon.telemetry.waiting).to.equal(0);
  });

  it('counts as a waiter, so that there are no more than may be', async () => {
    bench.daemon = startDaemon(bench.store, bench.clock, { waitersPerDaemon: 1 });
    await (await wait()).break();
    expect(bench.daemon.telemetry.waiting).to.equal(1);
    const full = bench.acquire('a', { waitMs: 1000 });
    expect(await faultOf(full)).to.have.nested.property('details.reason', 'WAITER_LIMIT');
    const again = await wait();
    expect(bench.daemon.telemetry.waiting).to.equal(1);
    await bench.release('a', holder);
    expect(await granted(again)).to.equal(true);
  });

  it('takes the share of the address that it was taken from, wherever its caller comes from next', async () => {
    bench.daemon = startDaemon(bench.store, bench.clock, { waitersPerDaemon: 5 });
    await (await wait({}, 'before')).break();
    const again = await wait({}, 'after');
    await bench.release('a', holder);
    expect(await granted(again)).to.equal(true);
    const others = { lease: undefined, requestId: '' };
    for (const user of ['one', 'two', 'three', 'four']) await wait(others, user);
    // It is refused if it has as many as they have.
    const last = await wait(others, 'before');
    await bench.clock.advance(60_000);
    expect((await last.outcome).acquired).to.equal(false);
    expect(bench.daemon.telemetry.waiting).to.equal(0);
  });

  it('is left in a while if the request goes on at another daemon, and granted once', async () => {
    const first = bench.daemon;
    await (await wait()).break();
    const later = await other();
    bench.daemon = startDaemon(bench.store, bench.clock);
    const again = await wait();
    expect(await places()).to.equal(3);
    await bench.release('a', holder);
    await bench.clock.advance(KEPT_MS);
    expect(await granted(later)).to.equal(true);
    expect(await granted(again)).to.equal(false);
    await bench.release('a', grantOf(await later.outcome).leaseId);
    const { fencingToken } = grantOf(await again.outcome);
    const repeated = await first.locks.acquire(
      acquireRequest('a', { lease, requestId: 'x', waitMs: 60_000 }),
      caller(),
    );
    expect(grantOf(repeated).fencingToken).to.equal(fencingToken);
  });
});
