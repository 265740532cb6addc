import { expect } from 'chai';
import { Fault, unavailable } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { AcquireOutcome } from '../../../src/core/lock.js';
import { faultOf, faultyBench, grantOf, keysBelow, session } from '../../support/services.js';

const QUEUE = '/shared-lock.v1/queue/';

describe('LockService.acquire, by leases that end', () => {
  const bench = faultyBench();

  context('when a session ends while its caller waits', () => {
    it('leaves no place behind, though it is found out only when the lock is free', async () => {
      const holder = grantOf(await bench.acquire('a'));
      const lease = await session(bench.daemon, 2000);
      const waiting = faultOf(bench.acquire('a', { lease, waitMs: 60_000 }));
      await bench.clock.advance(0);
      await bench.clock.advance(3000);
      await bench.store.revoke(holder.leaseId);
      expect(await waiting).to.have.property('code', 'NOT_FOUND');
      expect(await keysBelow(bench.store, QUEUE)).to.deep.equal([]);
      expect(await bench.acquire('a')).to.have.property('acquired', true);
    });
  });

  context("when the lock's own lease ends between two steps", () => {
    it('keeps the place, and takes another lease', async () => {
      const holder = grantOf(await bench.acquire('a'));
      const waiting = bench.acquire('a', { waitMs: 60_000 });
      await bench.clock.advance(0);
      let isFirst = true;
      bench.faulty.around = async ({ then }, run) => {
        const put = then.find((operation) => operation.kind === 'put');
        if (isFirst && put?.key === '/shared-lock/a' && put.lease !== undefined) {
          isFirst = false;
          await bench.store.revoke(put.lease);
        }
        return run();
      };
      await bench.store.revoke(holder.leaseId);
      const grant = grantOf(await waiting);
      expect(grant.fencingToken).to.be.above(holder.fencingToken);
      expect(await keysBelow(bench.store, QUEUE)).to.deep.equal([]);
    });
  });

  context("when the lock's own lease is not granted", () => {
    it('says why, at once', async () => {
      bench.faulty.onGrant = () => {
        throw new Fault('RESOURCE_EXHAUSTED', 'no space', { reason: 'NO_SPACE' });
      };
      const refused = faultOf(bench.acquire('a'));
      await bench.clock.advance(10_000);
      expect(await refused).to.have.nested.property('details.reason', 'NO_SPACE');
      expect(bench.faulty.grants).to.equal(1);
    });
  });

  context('when a lease that was made for one lock takes others', () => {
    const record = async (): Promise<LeaseId> => {
      const { leaseId } = grantOf(await bench.acquire('own'));
      return leaseId;
    };

    it('is a session for each of two that it takes at once', async () => {
      const lease = await record();
      const outcomes = await Promise.all([
        bench.acquire('b', { lease }),
        bench.acquire('c', { lease }),
      ]);
      expect(outcomes.map(({ acquired }) => acquired)).to.deep.equal([true, true]);
    });

    it('keeps what was granted by an attempt that did not get to the end', async () => {
      const lease = await record();
      bench.faulty.around = async ({ resource }, run) => {
        if (resource.startsWith('/shared-lock.v1/lease/')) throw unavailable('away');
        return run();
      };
      expect(await faultOf(bench.acquire('b', { lease }))).to.have.property('code', 'UNAVAILABLE');
      bench.faulty.mend();
      await bench.acquire('b', { lease });
      await bench.release('own', lease);
      expect((await bench.daemon.locks.get('b')).holderCount).to.equal(1);
    });

    it('keeps what the same request was granted before', async () => {
      const lease = await record();
      bench.faulty.around = async ({ resource }, run) => {
        if (resource.startsWith('/shared-lock.v1/lease/')) throw unavailable('away');
        return run();
      };
      await faultOf(bench.acquire('b', { lease, requestId: 'r' }));
      bench.faulty.mend();
      await bench.acquire('b', { lease, requestId: 'r' });
      await bench.release('own', lease);
      expect((await bench.daemon.locks.get('b')).holderCount).to.equal(1);
    });
  });

  context('when a crowd shares the lock', () => {
    it('gives each of them its first grant again', async () => {
      const shared = (requestId: string): Promise<AcquireOutcome> =>
        bench.acquire('a', { mode: 'SHARED', requestId });
      const ids = Array.from({ length: 120 }, (_, index) => `r${index}`);
      const first = await Promise.all(ids.map(shared));
      expect(await Promise.all(ids.map(shared))).to.deep.equal(first);
    });
  });
});
