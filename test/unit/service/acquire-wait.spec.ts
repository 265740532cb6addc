import { expect } from 'chai';
import {
  acquireRequest as request,
  caller,
  faultOf,
  grantOf,
  keysBelow,
  serviceBench,
  session,
  startDaemon,
  UNKNOWN_LEASE,
} from '../../support/services.js';

describe('LockService.acquire, waiting', () => {
  const bench = serviceBench();

  context('when the caller waits', () => {
    it('grants in the order of arrival', async () => {
      const first = grantOf(await bench.acquire('a'));
      const order: number[] = [];
      const waiters = [];
      for (let i = 0; i < 20; i++) {
        waiters.push(
          bench.acquire('a', { waitMs: 60_000 }).then(async (outcome) => {
            order.push(i);
            const { leaseId } = grantOf(outcome);
            await bench.release('a', leaseId);
          }),
        );
        await bench.clock.advance(1);
      }
      expect(bench.daemon.telemetry.waiting).to.equal(20);
      await bench.release('a', first.leaseId);
      await Promise.all(waiters);
      expect(order).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
      expect(bench.daemon.telemetry.waiting).to.equal(0);
      expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
    });

    it('lets no newcomer jump the queue', async () => {
      const first = grantOf(await bench.acquire('a'));
      const waiter = bench.acquire('a', { waitMs: 60_000 });
      await bench.clock.advance(1);
      await bench.store.revoke(first.leaseId);
      expect(await bench.acquire('a')).to.have.property('acquired', false);
      expect(await waiter).to.have.property('acquired', true);
    });

    it('grants when the holder expires, and not before', async () => {
      await bench.acquire('a', { ttlMs: 5000 });
      let granted = false;
      const waiter = bench.acquire('a', { waitMs: 60_000 }).then((outcome) => {
        granted = true;
        return outcome;
      });
      await bench.clock.advance(4990);
      expect(granted).to.equal(false);
      await bench.clock.advance(500);
      expect(await waiter).to.have.property('acquired', true);
    });

    it('gives a full TTL from the grant, however long it waited', async () => {
      const lease = await session(bench.daemon, 60_000);
      await bench.acquire('a', { lease });
      const waiter = bench.acquire('a', { waitMs: 600_000, ttlMs: 3000 });
      for (let i = 0; i < 50; i++) await bench.clock.advance(1000);
      await bench.daemon.leases.revoke(lease);
      const grant = grantOf(await waiter);
      expect((await bench.store.inspectLease(grant.leaseId))?.remainingSeconds).to.be.closeTo(
        3,
        0.1,
      );
    });

    it('answers with the holders when the wait is over, and leaves nothing behind', async () => {
      const lease = await session(bench.daemon, 60_000);
      await bench.acquire('a', { lease, owner: 'holder' });
      const waiter = bench.acquire('a', { waitMs: 5000 });
      await bench.clock.advance(5001);
      expect(await waiter).to.have.nested.property('holders[0].owner', 'holder');
      await bench.clock.advance(1);
      expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
      expect(await keysBelow(bench.store, '/shared-lock.v1/lease/')).to.have.length(1);
    });

    it("ends with DEADLINE_EXCEEDED at the caller's deadline, and leaves the queue", async () => {
      await bench.acquire('a', { ttlMs: 60_000 });
      const waiter = faultOf(
        bench.acquire(
          'a',
          { waitMs: 60_000 },
          { ...caller(), deadlineMs: bench.clock.now() + 2000 },
        ),
      );
      await bench.clock.advance(2001);
      expect(await waiter).to.have.property('code', 'DEADLINE_EXCEEDED');
      expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
    });

    it('grants nothing to a caller that went away, and lets the next one have it', async () => {
      const first = grantOf(await bench.acquire('a'));
      const gone = new AbortController();
      const leaver = faultOf(bench.acquire('a', { waitMs: 60_000 }, caller(gone.signal)));
      await bench.clock.advance(1);
      const stayer = bench.acquire('a', { waitMs: 60_000, owner: 'stayer' });
      await bench.clock.advance(1);
      gone.abort();
      await bench.clock.advance(1);
      expect(await leaver).to.have.property('code', 'CANCELLED');
      await bench.store.revoke(first.leaseId);
      await stayer;
      expect((await bench.daemon.locks.get('a')).holders[0]?.owner).to.equal('stayer');
    });

    it('tells waiters to ask elsewhere when the daemon drains', async () => {
      await bench.acquire('a', { ttlMs: 60_000 });
      const waiter = faultOf(bench.acquire('a', { waitMs: 60_000 }));
      await bench.clock.advance(1);
      bench.daemon.drain();
      expect(await waiter).to.have.property('code', 'UNAVAILABLE');
      expect(await faultOf(bench.acquire('b'))).to.have.property('code', 'UNAVAILABLE');
      expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
    });

    it('refuses more waiters than a lock may have', async () => {
      bench.daemon = startDaemon(bench.store, bench.clock, { waitersPerLock: 2 });
      await bench.acquire('a', { ttlMs: 60_000 });
      const gone = new AbortController();
      const waiters = [1, 2].map(() =>
        faultOf(bench.acquire('a', { waitMs: 60_000 }, caller(gone.signal))),
      );
      await bench.clock.advance(1);
      const fault = await faultOf(bench.acquire('a', { waitMs: 60_000 }));
      expect(fault).to.have.property('code', 'RESOURCE_EXHAUSTED');
      expect(fault).to.have.nested.property('details.reason', 'QUEUE_FULL');
      expect((await bench.daemon.locks.get('a')).waiterCount).to.equal(2);
      gone.abort();
      await Promise.all(waiters);
    });

    it('refuses more waiters than the daemon may have', async () => {
      bench.daemon = startDaemon(bench.store, bench.clock, { waitersPerDaemon: 1 });
      await bench.acquire('a', { ttlMs: 60_000 });
      await bench.acquire('b', { ttlMs: 60_000 });
      const gone = new AbortController();
      const waiter = faultOf(bench.acquire('a', { waitMs: 60_000 }, caller(gone.signal)));
      await bench.clock.advance(1);
      const fault = await faultOf(bench.acquire('b', { waitMs: 60_000 }));
      expect(fault).to.have.nested.property('details.reason', 'WAITER_LIMIT');
      gone.abort();
      await waiter;
    });

    it('queues again when the lease of its daemon has lapsed', async () => {
      const first = grantOf(await bench.acquire('a', { ttlMs: 3_600_000 }));
      const waiter = bench.acquire('a', { waitMs: 3_600_000 });
      await bench.clock.advance(1);
      const [place] = await keysBelow(bench.store, '/shared-lock.v1/queue/');
      const { entries } = await bench.store.read({ range: { from: place ?? '' } });
      await bench.store.revoke(entries[0]?.lease ?? UNKNOWN_LEASE);
      await bench.store.revoke(first.leaseId);
      await bench.clock.advance(1);
      expect(await waiter).to.have.property('acquired', true);
    });

    it('is told when the session it waits with has ended', async () => {
      const lease = await session(bench.daemon, 5000);
      const first = grantOf(await bench.acquire('a', { ttlMs: 60_000 }));
      const waiter = faultOf(bench.acquire('a', { waitMs: 60_000, lease }));
      await bench.clock.advance(6000);
      await bench.store.revoke(first.leaseId);
      expect(await waiter).to.have.property('code', 'NOT_FOUND');
    });
  });

  context('when two daemons serve one lock', () => {
    it('hands over from a holder of one to a waiter of the other', async () => {
      const other = startDaemon(bench.store, bench.clock);
      const first = grantOf(await bench.acquire('a'));
      const waiter = other.locks.acquire(request('a', { waitMs: 60_000 }), caller());
      await bench.clock.advance(1);
      await bench.release('a', first.leaseId);
      expect(grantOf(await waiter).fencingToken).to.be.above(first.fencingToken);
    });

    it('frees the places of a daemon that died', async () => {
      const dead = startDaemon(bench.store, bench.clock);
      const first = grantOf(await bench.acquire('a', { ttlMs: 60_000 }));
      void dead.locks.acquire(request('a', { waitMs: 600_000 }), caller()).catch(() => undefined);
      await bench.clock.advance(1);
      const [place] = await keysBelow(bench.store, '/shared-lock.v1/queue/');
      const { entries } = await bench.store.read({ range: { from: place ?? '' } });
      const waiter = bench.acquire('a', { waitMs: 600_000 });
      await bench.clock.advance(1);
      // A dead daemon renews nothing: what its lease held goes as if it had run out.
      await bench.store.revoke(entries[0]?.lease ?? UNKNOWN_LEASE);
      const remaining = await keysBelow(bench.store, '/shared-lock.v1/queue/');
      expect(remaining).to.have.length(1);
      await bench.store.revoke(first.leaseId);
      expect(await waiter).to.have.property('acquired', true);
    });
  });
});
