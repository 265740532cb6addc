import { expect } from 'chai';
import type { LeaseId } from '../../../src/core/lease-id.js';
import {
  acquireRequest,
  caller,
  grantOf,
  session,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';
import { SOON_MS, TTL_MS, earlyEnds } from './early-ends.js';

describe('A lock of any kind whose lease the store ended before its time', () => {
  const { bench, endEarly, start, around } = earlyEnds();

  it('is an election as well', async () => {
    const campaign = (candidate: string) =>
      bench.daemon.elections.campaign(
        { ...acquireRequest('e'), candidate, waitMs: 60_000, value: '' },
        caller(),
      );
    const first = await campaign('one');
    if (!first.elected) throw new Error('nobody else stood');
    await endEarly(first.grant.leaseId);
    let elected = false;
    void campaign('two').then((outcome) => (elected = outcome.elected));
    await bench.clock.advance(TTL_MS - SOON_MS);
    expect(elected).to.equal(false);
    await bench.clock.advance(2 * SOON_MS);
    expect(elected).to.equal(true);
  });

  context('by a session that holds several', () => {
    it('holds up all of them, but for those that it gave back', async () => {
      const lease = await session(bench.daemon);
      for (const name of ['a', 'b', 'c']) await bench.acquire(name, { lease });
      await bench.release('b', lease);
      await endEarly(lease);
      const outcomes = await Promise.all(['a', 'b', 'c'].map((name) => bench.acquire(name)));
      expect(outcomes.map(({ acquired }) => acquired)).to.deep.equal([false, true, false]);
    });
  });

  context('when it was shared', () => {
    it('is granted to the next who shares it at once, and exclusively at the end', async () => {
      const { leaseId } = grantOf(await bench.acquire('a', { mode: 'SHARED' }));
      await endEarly(leaseId);
      const shared = grantOf(await bench.acquire('a', { mode: 'SHARED' }));
      await bench.release('a', shared.leaseId);
      expect(await around(TTL_MS, start())).to.deep.equal([undefined, true]);
    });

    it('is remembered of each who shared it, also before the leader changed', async () => {
      bench.faulty.mayEndEarly = false;
      const first = grantOf(await bench.acquire('a', { mode: 'SHARED', ttlMs: 20_000 }));
      const second = grantOf(await bench.acquire('a', { mode: 'SHARED' }));
      bench.faulty.mayEndEarly = true;
      await endEarly(first.leaseId);
      await bench.release('a', second.leaseId);
      expect(await around(20_000, start())).to.deep.equal([undefined, true]);
    });

    it('holds up semaphores', async () => {
      const { leaseId } = grantOf(await bench.acquire('a', { mode: 'SHARED' }));
      await endEarly(leaseId);
      const outcome = await bench.acquire('a', { mode: 'SEMAPHORE', permits: 1, limit: 2 });
      expect(outcome).to.include({ acquired: false });
    });
  });

  context('when it was a permit of a semaphore', () => {
    const permit = { mode: 'SEMAPHORE', permits: 1, limit: 3 } as const;

    it('holds up the next', async () => {
      const { leaseId } = grantOf(await bench.acquire('a', permit));
      await bench.acquire('a', permit);
      await endEarly(leaseId);
      expect(await around(TTL_MS, start(permit))).to.deep.equal([undefined, true]);
    });

    it('is not taken for one while it is held, now or later', async () => {
      const { leaseId } = grantOf(await bench.acquire('a', permit));
      expect(await bench.acquire('a', permit)).to.include({ acquired: true });
      await endEarly(leaseId);
      expect(await bench.acquire('a', permit)).to.include({ acquired: false });
    });
  });

  context('when it went another way', () => {
    let other: TestDaemon;
    beforeEach(() => (other = startDaemon(bench.store, bench.clock)));

    const ends: Record<string, (daemon: TestDaemon, lease: LeaseId) => Promise<unknown>> = {
      released: (daemon, lease) =>
        daemon.locks.release({ name: 'a', lease, fencingToken: 0, requestId: '' }),
      revoked: (daemon, lease) => daemon.leases.revoke(lease),
      'taken away by force': (daemon) =>
        daemon.locks.forceRelease({ name: 'a', reason: 'r', fencingToken: 0, requestId: '' }),
    };
    for (const [how, end] of Object.entries(ends)) {
      for (const where of ['here', 'at another daemon']) {
        for (const lease of ['its own', "a session's"]) {
          it(`is granted at once: ${how} ${where}, with ${lease} lease`, async () => {
            const own = lease === 'its own' ? undefined : await session(bench.daemon, 60_000);
            const { leaseId } = grantOf(await bench.acquire('a', { lease: own }));
            const waiter = start();
            await bench.clock.advance(SOON_MS);
            await end(where === 'here' ? bench.daemon : other, leaseId);
            await bench.clock.advance(SOON_MS);
            expect(waiter.outcome).to.include({ acquired: true });
          });
        }
      }
    }

    it('is granted at once when it expired', async () => {
      await bench.acquire('a');
      expect(await around(TTL_MS, start())).to.deep.equal([undefined, true]);
      await bench.clock.advance(TTL_MS);
      expect(await bench.acquire('a')).to.include({ acquired: true });
    });

    it('is granted at once when another daemon renewed it, or nobody: of that nothing is known', async () => {
      const { leaseId } = grantOf(await bench.acquire('a', { ttlMs: 2000 }));
      await bench.clock.advance(1500);
      await other.leases.keepAlive(leaseId);
      await bench.clock.advance(600);
      await endEarly(leaseId);
      expect(await bench.acquire('a')).to.include({ acquired: true });
    });

    it('is granted at once while no leader of etcd can have ended it', async () => {
      const { leaseId } = grantOf(await bench.acquire('a'));
      bench.faulty.mayEndEarly = false;
      await endEarly(leaseId);
      expect(await bench.acquire('a')).to.include({ acquired: true });
    });
  });
});
