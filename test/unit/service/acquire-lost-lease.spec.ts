import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { unavailable } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { AcquireOutcome } from '../../../src/core/lock.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  acquireRequest as request,
  caller,
  faultOf,
  grantOf,
  keysBelow,
  memoryStore,
  session,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';

const QUEUE = '/shared-lock.v1/queue/';

describe('LockService.acquire, by leases that end', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let faulty: FaultyStore;
  let daemon: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    faulty = new FaultyStore(store);
    daemon = startDaemon(faulty.store, clock);
  });

  afterEach(() => store.close());

  const acquire = (name: string, rest = {}): Promise<AcquireOutcome> =>
    daemon.locks.acquire(request(name, rest), caller());

  context('when a session ends while its caller waits', () => {
    it('leaves no place behind, though it is found out only when the lock is free', async () => {
      const holder = grantOf(await acquire('a'));
      const lease = await session(daemon, 2000);
      const waiting = faultOf(acquire('a', { lease, waitMs: 60_000 }));
      await clock.advance(0);
      await clock.advance(3000);
      await store.revoke(holder.leaseId);
      expect(await waiting).to.have.property('code', 'NOT_FOUND');
      expect(await keysBelow(store, QUEUE)).to.deep.equal([]);
      expect(await acquire('a')).to.have.property('acquired', true);
    });
  });

  context("when the lock's own lease ends between two steps", () => {
    it('keeps the place, and takes another lease', async () => {
      const holder = grantOf(await acquire('a'));
      const waiting = acquire('a', { waitMs: 60_000 });
      await clock.advance(0);
      let isFirst = true;
      faulty.around = async ({ then }, run) => {
        const put = then.find((operation) => operation.kind === 'put');
        if (isFirst && put?.key === '/shared-lock/a' && put.lease !== undefined) {
          isFirst = false;
          await store.revoke(put.lease);
        }
        return run();
      };
      await store.revoke(holder.leaseId);
      const grant = grantOf(await waiting);
      expect(grant.fencingToken).to.be.above(holder.fencingToken);
      expect(await keysBelow(store, QUEUE)).to.deep.equal([]);
    });
  });

  context('when a lease that was made for one lock takes others', () => {
    const record = async (): Promise<LeaseId> => {
      const { leaseId } = grantOf(await acquire('own'));
      return leaseId;
    };

    it('is a session for each of two that it takes at once', async () => {
      const lease = await record();
      const outcomes = await Promise.all([acquire('b', { lease }), acquire('c', { lease })]);
      expect(outcomes.map(({ acquired }) => acquired)).to.deep.equal([true, true]);
    });

    it('keeps what was granted by an attempt that did not get to the end', async () => {
      const lease = await record();
      faulty.around = async ({ resource }, run) => {
        if (resource.startsWith('/shared-lock.v1/lease/')) throw unavailable('away');
        return run();
      };
      expect(await faultOf(acquire('b', { lease }))).to.have.property('code', 'UNAVAILABLE');
      faulty.mend();
      await acquire('b', { lease });
      await daemon.locks.release({
        name: 'own',
        lease: lease,
        fencingToken: 0,
        requestId: '',
      });
      expect((await daemon.locks.get('b')).holderCount).to.equal(1);
    });

    it('keeps what the same request was granted before', async () => {
      const lease = await record();
      faulty.around = async ({ resource }, run) => {
        if (resource.startsWith('/shared-lock.v1/lease/')) throw unavailable('away');
        return run();
      };
      await faultOf(acquire('b', { lease, requestId: 'r' }));
      faulty.mend();
      await acquire('b', { lease, requestId: 'r' });
      await daemon.locks.release({
        name: 'own',
        lease: lease,
        fencingToken: 0,
        requestId: '',
      });
      expect((await daemon.locks.get('b')).holderCount).to.equal(1);
    });
  });

  context('when a crowd shares the lock', () => {
    it('gives each of them its first grant again', async () => {
      const shared = (requestId: string): Promise<AcquireOutcome> =>
        acquire('a', { mode: 'SHARED', requestId });
      const ids = Array.from({ length: 120 }, (_, index) => `r${index}`);
      const first = await Promise.all(ids.map(shared));
      expect(await Promise.all(ids.map(shared))).to.deep.equal(first);
    });
  });
});
