import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { AcquireOutcome } from '../../../src/core/lock.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import {
  acquireRequest as request,
  caller,
  faultOf,
  grantOf,
  keysBelow,
  memoryStore,
  session,
  startDaemon,
  UNKNOWN_LEASE,
  type TestDaemon,
} from '../../support/services.js';

describe('LockService.acquire', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let daemon: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    daemon = startDaemon(store, clock);
  });

  afterEach(async () => {
    await store.close();
  });

  const acquire = (name: string, rest = {}, by = caller()): Promise<AcquireOutcome> =>
    daemon.locks.acquire(request(name, rest), by);

  context('when nobody holds the lock', () => {
    it('grants it with the create revision of its key as token', async () => {
      const grant = grantOf(await acquire('a'));
      const { entries } = await store.read({ range: { from: '/shared-lock/a' } });
      expect(entries[0]?.createRevision).to.equal(grant.fencingToken);
      expect(entries[0]?.lease).to.equal(grant.leaseId);
      expect(grant.ttlSeconds).to.equal(10);
    });

    it('rounds the TTL up to whole seconds', async () => {
      expect(grantOf(await acquire('a', { ttlMs: 1500 })).ttlSeconds).to.equal(2);
    });

    it('writes the value as it is, for other programs to read', async () => {
      await acquire('a', { value: 'héllo' });
      const { entries } = await store.read({ range: { from: '/shared-lock/a' } });
      expect(entries[0]?.value).to.equal('héllo');
    });

    it('grants it to the session that is named, and says its TTL', async () => {
      const lease = await session(daemon, 30_000);
      const grant = grantOf(await acquire('a', { lease }));
      expect(grant).to.include({ leaseId: lease, ttlSeconds: 30 });
    });

    it('refuses a session that has ended', async () => {
      const fault = await faultOf(acquire('a', { lease: UNKNOWN_LEASE }));
      expect(fault).to.have.property('code', 'NOT_FOUND');
      expect((await daemon.locks.get('a')).holderCount).to.equal(0);
    });
  });

  context('when somebody holds the lock', () => {
    it('answers with the holder and leaves no lease behind', async () => {
      await acquire('a', { owner: 'first', value: 'v', labels: new Map([['__proto__', 'x']]) });
      const outcome = await acquire('a', { owner: 'second' });
      await clock.advance(0);
      if (outcome.acquired) throw new Error('acquired');
      expect(outcome.holders).to.have.length(1);
      expect(outcome.holders[0]).to.include({ owner: 'first', value: 'v', mode: 'EXCLUSIVE' });
      expect(outcome.holders[0]?.labels.get('__proto__')).to.equal('x');
      expect(await keysBelow(store, '/shared-lock.v1/lease/')).to.have.length(1);
    });

    it('excludes a key that another program put', async () => {
      await store.transact({
        resource: 'x',
        compare: [],
        then: [{ kind: 'put', key: '/shared-lock/a', value: 'theirs' }],
        else: [],
      });
      const outcome = await acquire('a');
      expect(outcome).to.have.property('acquired', false);
      expect(outcome).to.have.nested.property('holders[0].value', 'theirs');
    });

    it('gives the same grant to the same session again', async () => {
      const lease = await session(daemon);
      const first = grantOf(await acquire('a', { lease }));
      const second = grantOf(await acquire('a', { lease }));
      expect(second).to.deep.equal(first);
    });

    it('grants a higher token to each next holder', async () => {
      const tokens: number[] = [];
      for (let i = 0; i < 5; i++) {
        const grant = grantOf(await acquire('a'));
        tokens.push(grant.fencingToken);
        await daemon.locks.release({
          name: 'a',
          lease: grant.leaseId,
          fencingToken: 0,
          requestId: '',
        });
      }
      expect(tokens).to.deep.equal([...new Set(tokens)].sort((a, b) => a - b));
    });
  });

  context('when the caller waits', () => {
    it('grants in the order of arrival', async () => {
      const first = grantOf(await acquire('a'));
      const order: number[] = [];
      const waiters = [];
      for (let i = 0; i < 20; i++) {
        waiters.push(
          acquire('a', { waitMs: 60_000 }).then(async (outcome) => {
            order.push(i);
            const { leaseId } = grantOf(outcome);
            await daemon.locks.release({
              name: 'a',
              lease: leaseId,
              fencingToken: 0,
              requestId: '',
            });
          }),
        );
        await clock.advance(1);
      }
      expect(daemon.telemetry.waiting).to.equal(20);
      await daemon.locks.release({
        name: 'a',
        lease: first.leaseId,
        fencingToken: 0,
        requestId: '',
      });
      await Promise.all(waiters);
      expect(order).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
      expect(daemon.telemetry.waiting).to.equal(0);
      expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.be.empty;
    });

    it('lets no newcomer jump the queue', async () => {
      const first = grantOf(await acquire('a'));
      const waiter = acquire('a', { waitMs: 60_000 });
      await clock.advance(1);
      await store.revoke(first.leaseId);
      expect(await acquire('a')).to.have.property('acquired', false);
      expect(await waiter).to.have.property('acquired', true);
    });

    it('grants when the holder expires, and not before', async () => {
      await acquire('a', { ttlMs: 5000 });
      let granted = false;
      const waiter = acquire('a', { waitMs: 60_000 }).then((outcome) => {
        granted = true;
        return outcome;
      });
      await clock.advance(4990);
      expect(granted).to.equal(false);
      await clock.advance(500);
      expect(await waiter).to.have.property('acquired', true);
    });

    it('gives a full TTL from the grant, however long it waited', async () => {
      const lease = await session(daemon, 60_000);
      await acquire('a', { lease });
      const waiter = acquire('a', { waitMs: 600_000, ttlMs: 3000 });
      for (let i = 0; i < 50; i++) await clock.advance(1000);
      await daemon.leases.revoke(lease);
      const grant = grantOf(await waiter);
      expect((await store.inspectLease(grant.leaseId))?.remainingSeconds).to.be.closeTo(3, 0.1);
    });

    it('answers with the holders when the wait is over, and leaves nothing behind', async () => {
      const lease = await session(daemon, 60_000);
      await acquire('a', { lease, owner: 'holder' });
      const waiter = acquire('a', { waitMs: 5000 });
      await clock.advance(5001);
      expect(await waiter).to.have.nested.property('holders[0].owner', 'holder');
      await clock.advance(1);
      expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.be.empty;
      expect(await keysBelow(store, '/shared-lock.v1/lease/')).to.have.length(1);
    });

    it("ends with DEADLINE_EXCEEDED at the caller's deadline, and leaves the queue", async () => {
      await acquire('a', { ttlMs: 60_000 });
      const waiter = faultOf(
        acquire('a', { waitMs: 60_000 }, { ...caller(), deadlineMs: clock.now() + 2000 }),
      );
      await clock.advance(2001);
      expect(await waiter).to.have.property('code', 'DEADLINE_EXCEEDED');
      expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.be.empty;
    });

    it('grants nothing to a caller that went away, and lets the next one have it', async () => {
      const first = grantOf(await acquire('a'));
      const gone = new AbortController();
      const leaver = faultOf(acquire('a', { waitMs: 60_000 }, caller(gone.signal)));
      await clock.advance(1);
      const stayer = acquire('a', { waitMs: 60_000, owner: 'stayer' });
      await clock.advance(1);
      gone.abort();
      await clock.advance(1);
      expect(await leaver).to.have.property('code', 'CANCELLED');
      await store.revoke(first.leaseId);
      await stayer;
      expect((await daemon.locks.get('a')).holders[0]?.owner).to.equal('stayer');
    });

    it('tells waiters to ask elsewhere when the daemon drains', async () => {
      await acquire('a', { ttlMs: 60_000 });
      const waiter = faultOf(acquire('a', { waitMs: 60_000 }));
      await clock.advance(1);
      daemon.drain();
      expect(await waiter).to.have.property('code', 'UNAVAILABLE');
      expect(await faultOf(acquire('b'))).to.have.property('code', 'UNAVAILABLE');
      expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.be.empty;
    });

    it('refuses more waiters than a lock may have', async () => {
      daemon = startDaemon(store, clock, { waitersPerLock: 2 });
      await acquire('a', { ttlMs: 60_000 });
      const gone = new AbortController();
      const waiters = [1, 2].map(() =>
        faultOf(acquire('a', { waitMs: 60_000 }, caller(gone.signal))),
      );
      await clock.advance(1);
      const fault = await faultOf(acquire('a', { waitMs: 60_000 }));
      expect(fault).to.have.property('code', 'RESOURCE_EXHAUSTED');
      expect(fault).to.have.nested.property('details.reason', 'QUEUE_FULL');
      expect((await daemon.locks.get('a')).waiterCount).to.equal(2);
      gone.abort();
      await Promise.all(waiters);
    });

    it('refuses more waiters than the daemon may have', async () => {
      daemon = startDaemon(store, clock, { waitersPerDaemon: 1 });
      await acquire('a', { ttlMs: 60_000 });
      await acquire('b', { ttlMs: 60_000 });
      const gone = new AbortController();
      const waiter = faultOf(acquire('a', { waitMs: 60_000 }, caller(gone.signal)));
      await clock.advance(1);
      const fault = await faultOf(acquire('b', { waitMs: 60_000 }));
      expect(fault).to.have.nested.property('details.reason', 'WAITER_LIMIT');
      gone.abort();
      await waiter;
    });

    it('queues again when the lease of its daemon has lapsed', async () => {
      const first = grantOf(await acquire('a', { ttlMs: 3_600_000 }));
      const waiter = acquire('a', { waitMs: 3_600_000 });
      await clock.advance(1);
      const [place] = await keysBelow(store, '/shared-lock.v1/queue/');
      const { entries } = await store.read({ range: { from: place ?? '' } });
      await store.revoke(entries[0]?.lease ?? UNKNOWN_LEASE);
      await store.revoke(first.leaseId);
      await clock.advance(1);
      expect(await waiter).to.have.property('acquired', true);
    });

    it('is told when the session it waits with has ended', async () => {
      const lease = await session(daemon, 5000);
      const first = grantOf(await acquire('a', { ttlMs: 60_000 }));
      const waiter = faultOf(acquire('a', { waitMs: 60_000, lease }));
      await clock.advance(6000);
      await store.revoke(first.leaseId);
      expect(await waiter).to.have.property('code', 'NOT_FOUND');
    });
  });

  context('when two daemons serve one lock', () => {
    it('hands over from a holder of one to a waiter of the other', async () => {
      const other = startDaemon(store, clock);
      const first = grantOf(await acquire('a'));
      const waiter = other.locks.acquire(request('a', { waitMs: 60_000 }), caller());
      await clock.advance(1);
      await daemon.locks.release({
        name: 'a',
        lease: first.leaseId,
        fencingToken: 0,
        requestId: '',
      });
      expect(grantOf(await waiter).fencingToken).to.be.above(first.fencingToken);
    });

    it('frees the places of a daemon that died', async () => {
      const dead = startDaemon(store, clock);
      const first = grantOf(await acquire('a', { ttlMs: 60_000 }));
      void dead.locks.acquire(request('a', { waitMs: 600_000 }), caller()).catch(() => undefined);
      await clock.advance(1);
      const [place] = await keysBelow(store, '/shared-lock.v1/queue/');
      const { entries } = await store.read({ range: { from: place ?? '' } });
      const waiter = acquire('a', { waitMs: 600_000 });
      await clock.advance(1);
      // A dead daemon renews nothing: what its lease held goes as if it had run out.
      await store.revoke(entries[0]?.lease ?? UNKNOWN_LEASE);
      const remaining = await keysBelow(store, '/shared-lock.v1/queue/');
      expect(remaining).to.have.length(1);
      await store.revoke(first.leaseId);
      expect(await waiter).to.have.property('acquired', true);
    });
  });

  context('when the lock is shared', () => {
    const shared = { mode: 'SHARED' as const };

    it('has many shared holders, each with a token of its own', async () => {
      const tokens = [];
      for (let i = 0; i < 3; i++) tokens.push(grantOf(await acquire('a', shared)).fencingToken);
      expect(new Set(tokens).size).to.equal(3);
      expect((await daemon.locks.get('a')).holderCount).to.equal(3);
    });

    it('excludes an exclusive holder until the last shared one is gone', async () => {
      const grants = [grantOf(await acquire('a', shared)), grantOf(await acquire('a', shared))];
      expect(await acquire('a')).to.have.property('acquired', false);
      const waiter = acquire('a', { waitMs: 60_000 });
      await clock.advance(1);
      for (const { leaseId, fencingToken } of grants) {
        expect((await daemon.locks.get('a')).waiterCount).to.equal(1);
        await daemon.locks.release({ name: 'a', lease: leaseId, fencingToken, requestId: '' });
      }
      expect(await waiter).to.have.property('acquired', true);
    });

    it('waits behind an exclusive waiter that came before', async () => {
      const first = grantOf(await acquire('a', shared));
      const writer = acquire('a', { waitMs: 60_000 });
      await clock.advance(1);
      expect(await acquire('a', shared)).to.have.property('acquired', false);
      await store.revoke(first.leaseId);
      expect(await writer).to.have.property('acquired', true);
    });

    it('lets all shared waiters in together', async () => {
      const first = grantOf(await acquire('a'));
      const readers = [1, 2, 3].map(() => acquire('a', { ...shared, waitMs: 60_000 }));
      await clock.advance(1);
      await store.revoke(first.leaseId);
      expect(await Promise.all(readers)).to.have.length(3);
      expect((await daemon.locks.get('a')).holderCount).to.equal(3);
    });
  });

  context('when the lock is a semaphore', () => {
    it('grants so many permits and no more', async () => {
      expect(await acquire('s', { limit: 3, permits: 2 })).to.have.property('acquired', true);
      expect(await acquire('s', { limit: 3, permits: 2 })).to.have.property('acquired', false);
      expect(await acquire('s', { limit: 3, permits: 1 })).to.have.property('acquired', true);
      expect(await acquire('s', { limit: 3 })).to.have.property('acquired', false);
    });

    it('never has more permits out than the limit under contention', async () => {
      let inside = 0;
      let most = 0;
      const work = Array.from({ length: 30 }, async (_, i) => {
        const permits = 1 + (i % 3);
        const grant = grantOf(await acquire('s', { limit: 4, permits, waitMs: 600_000 }));
        inside += permits;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= permits;
        await daemon.locks.release({
          name: 's',
          lease: grant.leaseId,
          fencingToken: 0,
          requestId: '',
        });
      });
      await Promise.all(work);
      expect(most).to.be.within(2, 4);
    });

    it('refuses another limit while it is held', async () => {
      await acquire('s', { limit: 3 });
      const fault = await faultOf(acquire('s', { limit: 5 }));
      expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
    });

    it('excludes the other modes', async () => {
      await acquire('s', { limit: 3 });
      expect(await acquire('s')).to.have.property('acquired', false);
      expect(await acquire('s', { mode: 'SHARED' })).to.have.property('acquired', false);
    });
  });

  context('when the request has an id', () => {
    it('gives the first grant again', async () => {
      const first = await acquire('a', { requestId: 'r1' });
      expect(await acquire('a', { requestId: 'r1' })).to.deep.equal(first);
      await clock.advance(0);
      expect(await keysBelow(store, '/shared-lock.v1/lease/')).to.have.length(1);
    });

    it('gives it at another daemon too', async () => {
      const first = await acquire('a', { requestId: 'r1' });
      const other = startDaemon(store, clock);
      const again = await other.locks.acquire(request('a', { requestId: 'r1' }), caller());
      expect(again).to.deep.equal(first);
    });

    it('does not give a grant that has ended since', async () => {
      const first = grantOf(await acquire('a', { requestId: 'r1' }));
      await daemon.locks.release({
        name: 'a',
        lease: first.leaseId,
        fencingToken: 0,
        requestId: '',
      });
      await acquire('a', { owner: 'next' });
      const fault = await faultOf(acquire('a', { requestId: 'r1' }));
      expect(fault).to.have.nested.property('details.reason', 'GRANT_ENDED');
      expect((await daemon.locks.get('a')).holders[0]?.owner).to.equal('next');
    });

    it('remembers that the lock was not acquired', async () => {
      const first = grantOf(await acquire('a'));
      expect(await acquire('a', { requestId: 'r1' })).to.have.property('acquired', false);
      await store.revoke(first.leaseId);
      expect(await acquire('a', { requestId: 'r1' })).to.have.property('acquired', false);
      expect(await acquire('a', { requestId: 'r2' })).to.have.property('acquired', true);
    });

    it('refuses the id with another body', async () => {
      await acquire('a', { requestId: 'r1' });
      const fault = await faultOf(acquire('a', { requestId: 'r1', owner: 'other' }));
      expect(fault).to.have.property('code', 'ALREADY_EXISTS');
    });

    it('lets only one of two concurrent twins acquire', async () => {
      const twins = await Promise.all([
        acquire('a', { requestId: 'r1' }),
        acquire('a', { requestId: 'r1' }),
      ]);
      expect(twins[0]).to.deep.equal(twins[1]);
    });
  });

  context('when the request is bad', () => {
    const bad: [string, object, string][] = [
      ['an empty name', { name: '' }, 'name'],
      ['a name of 1025 bytes', { name: 'x'.repeat(1025) }, 'name'],
      ['a name with NUL', { name: 'a\0b' }, 'name'],
      ['a name with a control character', { name: 'a\u0085b' }, 'name'],
      ['a name with a lone surrogate', { name: 'a\ud800' }, 'name'],
      ['a segment ..', { name: 'a/../b' }, 'name'],
      ['a TTL of 0', { ttlMs: 0 }, 'ttl'],
      ['a negative TTL', { ttlMs: -1 }, 'ttl'],
      ['a TTL that is no number', { ttlMs: Number.NaN }, 'ttl'],
      ['a TTL above the maximum', { ttlMs: 86_400_001 }, 'ttl'],
      ['a TTL beyond 2^31 ms', { ttlMs: 2 ** 31 }, 'ttl'],
      ['a wait above the bound', { waitMs: 3_600_001 }, 'wait'],
      ['a value above 64 KiB', { value: 'x'.repeat(65_537) }, 'value'],
      [
        '33 labels',
        { labels: new Map(Array.from({ length: 33 }, (_, i) => [`l${i}`, ''])) },
        'labels',
      ],
      ['a label of 257 bytes', { labels: new Map([['l', 'x'.repeat(257)]]) }, 'labels'],
      ['permits without a limit', { permits: 2 }, 'permits'],
      ['more permits than the limit', { permits: 3, limit: 2 }, 'permits'],
      ['a limit above the bound', { limit: 10_001 }, 'limit'],
      ['a shared lock with a limit', { mode: 'SHARED', limit: 2 }, 'mode'],
      ['a lease together with a TTL', { lease: UNKNOWN_LEASE, ttlMs: 1000 }, 'ttl'],
      ['a request id of 257 bytes', { requestId: 'x'.repeat(257) }, 'request_id'],
    ];
    for (const [what, rest, field] of bad) {
      it(`refuses ${what}, naming ${field}`, async () => {
        const fault = await faultOf(acquire('a', rest));
        expect(fault).to.have.property('code', 'INVALID_ARGUMENT');
        expect(fault).to.have.nested.property('details.field', field);
      });
    }

    it('takes __proto__, constructor and toString as ordinary names', async () => {
      for (const name of ['__proto__', 'constructor', 'toString', 'a//b', 'a b', '%2F', 'ключ']) {
        expect(await acquire(name)).to.have.property('acquired', true);
        expect((await daemon.locks.get(name)).holderCount).to.equal(1);
      }
    });

    it('grants the minimum for a TTL below it', async () => {
      expect(grantOf(await acquire('a', { ttlMs: 1 })).ttlSeconds).to.equal(1);
    });
  });
});
