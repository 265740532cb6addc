import { expect } from 'chai';
import { randomLeaseId } from '../../../src/clock/random.js';
import { unavailable } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import {
  acquireRequest,
  caller,
  faultOf,
  grantOf,
  session,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';
import { SOON_MS, TTL_MS, earlyEnds, type StartedAcquire } from './early-ends.js';

describe('A lock that another daemon knows, whose lease the store ended before its time', () => {
  const { bench, endEarly, leaderChanged, start, around } = earlyEnds();

  it('is known here too if it was granted at another daemon, found held here, and renewed here', async () => {
    const other = startDaemon(bench.store, bench.clock);
    const { leaseId } = grantOf(await other.locks.acquire(acquireRequest('a'), caller()));
    const waiter = start();
    await bench.clock.advance(1000);
    await bench.daemon.leases.keepAlive(leaseId);
    await endEarly(leaseId);
    expect(await around(TTL_MS, waiter)).to.deep.equal([undefined, true]);
  });

  context('while another daemon renewed it', () => {
    let other: TestDaemon;
    let lease: LeaseId;
    let waiter: StartedAcquire;

    beforeEach(async () => {
      other = startDaemon(bench.store, bench.clock);
      const outcome = await other.locks.acquire(acquireRequest('a', { ttlMs: 9000 }), caller());
      lease = grantOf(outcome).leaseId;
      waiter = start();
      await bench.clock.advance(3000);
      await other.leases.keepAlive(lease);
    });

    it('is granted to the waiter here when the end that it found last is over', async () => {
      leaderChanged();
      await bench.clock.advance(1000);
      await endEarly(lease);
      expect(await around(8000, waiter)).to.deep.equal([undefined, true]);
    });

    it('is looked at six times in each TTL, as long as there is a waiter, however many', async () => {
      leaderChanged();
      const going = new AbortController();
      const second = start({}, going.signal);
      const before = bench.faulty.inspections;
      for (let thirds = 0; thirds < 6; thirds += 1) {
        await bench.clock.advance(3000);
        await other.leases.keepAlive(lease);
      }
      expect(bench.faulty.inspections - before).to.be.within(11, 13);
      going.abort();
      await faultOf(second.done);
      await other.locks.release({ name: 'a', lease, fencingToken: 0, requestId: '' });
      await bench.clock.advance(1000);
      expect(waiter.outcome).to.include({ acquired: true });
      const { inspections } = bench.faulty;
      await bench.clock.advance(5000);
      expect(bench.faulty.inspections).to.equal(inspections);
    });

    it('is not looked at while the leader is the one that it was granted under', async () => {
      leaderChanged(1);
      const before = bench.faulty.inspections;
      await bench.clock.advance(8000);
      expect(bench.faulty.inspections).to.equal(before);
    });

    it('is looked at again after the store was out of reach', async () => {
      leaderChanged();
      bench.faulty.onInspect = () => Promise.reject(unavailable('away'));
      await bench.clock.advance(1000);
      bench.faulty.onInspect = undefined;
      await bench.clock.advance(1000);
      await endEarly(lease);
      expect(await around(7000, waiter)).to.deep.equal([undefined, true]);
    });
  });

  context('while another daemon granted it to a session', () => {
    let other: TestDaemon;
    beforeEach(() => (other = startDaemon(bench.store, bench.clock)));

    const revision = async () => (await bench.store.read({ range: { from: 'x' } })).revision;
    const take = (lease: LeaseId) => other.locks.acquire(acquireRequest('a', { lease }), caller());

    it('is granted to the waiter here at the end that it found last, if the session is older than the leader', async () => {
      const lease = await session(other, 9000);
      leaderChanged(await revision());
      await take(lease);
      const waiter = start();
      await bench.clock.advance(3000);
      await other.leases.keepAlive(lease);
      await bench.clock.advance(1600);
      await endEarly(lease);
      expect(await around(7400, waiter)).to.deep.equal([undefined, true]);
    });

    it('is not looked at if the session is younger: that costs one read', async () => {
      leaderChanged(await revision());
      await take(await session(other, 9000));
      const { inspections, reads } = bench.faulty;
      start();
      await bench.clock.advance(8000);
      expect(bench.faulty).to.include({ inspections, reads: reads + 1 });
    });
  });

  context('while it was granted elsewhere, and found held here, under an earlier leader', () => {
    let other: TestDaemon;
    let lease: LeaseId;
    let waiter: StartedAcquire;

    beforeEach(async () => {
      other = startDaemon(bench.store, bench.clock);
      lease = grantOf(await other.locks.acquire(acquireRequest('a'), caller())).leaseId;
      waiter = start();
      await bench.clock.advance(9000);
      await other.leases.keepAlive(lease);
      // Those whose answers must not matter here.
      bench.faulty.onInspect = () => Promise.reject(unavailable('away'));
      leaderChanged();
      await bench.clock.advance(1000);
      bench.faulty.onInspect = undefined;
    });

    it('is granted a TTL after the new leader was noticed, who gave all leases so much', async () => {
      await endEarly(lease);
      expect(await around(TTL_MS - 1000, waiter)).to.deep.equal([undefined, true]);
    });

    it('is granted at once when it was released elsewhere', async () => {
      await other.locks.release({ name: 'a', lease, fencingToken: 0, requestId: '' });
      await bench.clock.advance(SOON_MS);
      expect(waiter.outcome).to.include({ acquired: true });
    });

    it('is granted at once when it expired after that', async () => {
      await other.leases.keepAlive(lease);
      expect(await around(TTL_MS, waiter)).to.deep.equal([undefined, true]);
    });
  });

  it('is granted at once when another program held it, which marks nothing', async () => {
    const { store } = bench;
    const lease = randomLeaseId();
    await store.grant(lease, 10);
    const then = [{ kind: 'put', key: '/shared-lock/a', value: '', lease }] as const;
    await store.transact({ resource: 'a', compare: [], then, else: [] });
    leaderChanged();
    const waiter = start();
    await bench.clock.advance(1000);
    await store.revoke(lease);
    await bench.clock.advance(SOON_MS);
    expect(waiter.outcome).to.include({ acquired: true });
  });

  it('is taken for ended early when that can not be found out', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await bench.daemon.locks.get('a');
    await bench.store.revoke(leaseId);
    bench.faulty.holdWatches();
    const next = start();
    await bench.clock.advance(3000);
    bench.faulty.releaseWatches();
    expect(await around(TTL_MS - 3000, next)).to.deep.equal([undefined, true]);
  });
});
