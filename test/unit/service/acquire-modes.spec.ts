import { expect } from 'chai';
import { faultOf, grantOf, serviceBench } from '../../support/services.js';

describe('LockService.acquire, by mode', () => {
  const bench = serviceBench();

  context('when the lock is shared', () => {
    const shared = { mode: 'SHARED' as const };

    it('has many shared holders, each with a token of its own', async () => {
      const tokens = [];
      for (let i = 0; i < 3; i++)
        tokens.push(grantOf(await bench.acquire('a', shared)).fencingToken);
      expect(new Set(tokens).size).to.equal(3);
      expect((await bench.daemon.locks.get('a')).holderCount).to.equal(3);
    });

    it('excludes an exclusive holder until the last shared one is gone', async () => {
      const grants = [
        grantOf(await bench.acquire('a', shared)),
        grantOf(await bench.acquire('a', shared)),
      ];
      expect(await bench.acquire('a')).to.have.property('acquired', false);
      const waiter = bench.acquire('a', { waitMs: 60_000 });
      await bench.clock.advance(1);
      for (const { leaseId, fencingToken } of grants) {
        expect((await bench.daemon.locks.get('a')).waiterCount).to.equal(1);
        await bench.release('a', leaseId, { fencingToken });
      }
      expect(await waiter).to.have.property('acquired', true);
    });

    it('waits behind an exclusive waiter that came before', async () => {
      const first = grantOf(await bench.acquire('a', shared));
      const writer = bench.acquire('a', { waitMs: 60_000 });
      await bench.clock.advance(1);
      expect(await bench.acquire('a', shared)).to.have.property('acquired', false);
      await bench.store.revoke(first.leaseId);
      expect(await writer).to.have.property('acquired', true);
    });

    it('lets all shared waiters in together', async () => {
      const first = grantOf(await bench.acquire('a'));
      const readers = [1, 2, 3].map(() => bench.acquire('a', { ...shared, waitMs: 60_000 }));
      await bench.clock.advance(1);
      await bench.store.revoke(first.leaseId);
      expect(await Promise.all(readers)).to.have.length(3);
      expect((await bench.daemon.locks.get('a')).holderCount).to.equal(3);
    });
  });

  context('when the lock is a semaphore', () => {
    it('grants so many permits and no more', async () => {
      expect(await bench.acquire('s', { limit: 3, permits: 2 })).to.have.property('acquired', true);
      expect(await bench.acquire('s', { limit: 3, permits: 2 })).to.have.property(
        'acquired',
        false,
      );
      expect(await bench.acquire('s', { limit: 3, permits: 1 })).to.have.property('acquired', true);
      expect(await bench.acquire('s', { limit: 3 })).to.have.property('acquired', false);
    });

    it('never has more permits out than the limit under contention', async () => {
      let inside = 0;
      let most = 0;
      const work = Array.from({ length: 30 }, async (_, i) => {
        const permits = 1 + (i % 3);
        const grant = grantOf(await bench.acquire('s', { limit: 4, permits, waitMs: 600_000 }));
        inside += permits;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= permits;
        await bench.release('s', grant.leaseId);
      });
      await Promise.all(work);
      expect(most).to.be.within(2, 4);
    });

    it('refuses another limit while it is held', async () => {
      await bench.acquire('s', { limit: 3 });
      const fault = await faultOf(bench.acquire('s', { limit: 5 }));
      expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
    });

    it('excludes the other modes', async () => {
      await bench.acquire('s', { limit: 3 });
      expect(await bench.acquire('s')).to.have.property('acquired', false);
      expect(await bench.acquire('s', { mode: 'SHARED' })).to.have.property('acquired', false);
    });
  });
});
