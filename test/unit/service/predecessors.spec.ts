import { expect } from 'chai';
import { randomLeaseId } from '../../../src/clock/random.js';
import { unavailable } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { AcquireOutcome, AcquireRequest } from '../../../src/core/lock.js';
import {
  acquireRequest,
  caller,
  faultOf,
  faultyBench,
  grantOf,
  keysBelow,
  openHold,
  session,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';

const TTL_MS = 10_000;
/** Until a waiter has done what it does without the clock. */
const SOON_MS = 10;

describe('A lock whose lease the store ended before its time', () => {
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

  /** A call that may take a while; `outcome` is undefined until it has come. */
  const start = (rest: Partial<AcquireRequest> = {}, signal?: AbortSignal) => {
    const call: { outcome: AcquireOutcome | undefined; done: Promise<AcquireOutcome> } = {
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
  const around = async (atMs: number, call: ReturnType<typeof start>) => {
    await bench.clock.advance(atMs - SOON_MS);
    const before = call.outcome?.acquired;
    await bench.clock.advance(2 * SOON_MS);
    return [before, call.outcome?.acquired];
  };

  it('is granted to the waiter at the end that was acknowledged, not before', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await bench.clock.advance(3000);
    await bench.daemon.leases.keepAlive(leaseId);
    const waiter = start();
    await bench.clock.advance(1000);
    await endEarly(leaseId);
    expect(await around(TTL_MS - 1000, waiter)).to.deep.equal([undefined, true]);
  });

  it('is granted to one who comes later at that end, not before', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await endEarly(leaseId);
    expect(await around(TTL_MS, start())).to.deep.equal([undefined, true]);
  });

  it('is not acquired by one who only tries, until then; who tries again costs no lease', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await endEarly(leaseId);
    expect(await bench.acquire('a')).to.deep.equal({ acquired: false, holders: [] });
    const { grants } = bench.faulty;
    expect(await bench.acquire('a')).to.deep.equal({ acquired: false, holders: [] });
    expect(bench.faulty.grants).to.equal(grants);
    await bench.clock.advance(TTL_MS);
    expect(await bench.acquire('a')).to.include({ acquired: true });
  });

  it('is told lost to its holder at once, and the next Hold begins at the end', async () => {
    const holder = openHold(bench.daemon, 'a');
    const next = openHold(bench.daemon, 'a', { waitMs: 60_000 });
    await bench.clock.advance(SOON_MS);
    await endEarly(holder.grant().leaseId);
    await bench.clock.advance(1000);
    expect(holder.kinds().at(-1)).to.equal('lost');
    expect(next.kinds()).to.not.include('acquired');
    await bench.clock.advance(TTL_MS);
    expect(next.kinds()).to.include('acquired');
    next.leave();
  });

  it('keeps the lease of the next holder alive meanwhile, whatever its TTL', async () => {
    const { leaseId } = grantOf(await bench.acquire('a', { ttlMs: 60_000 }));
    const waiter = start({ ttlMs: 2000, waitMs: 100_000 });
    await bench.clock.advance(SOON_MS);
    await endEarly(leaseId);
    expect(await around(60_000 - SOON_MS, waiter)).to.deep.equal([undefined, true]);
    const { leaseId: next } = grantOf(await waiter.done);
    expect(await bench.daemon.leases.keepAlive(next)).to.equal(2);
  });

  it('is granted late to a repeated request too', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await endEarly(leaseId);
    const first = start({ requestId: 'r' });
    await bench.clock.advance(1000);
    const second = start({ requestId: 'r' });
    expect(await around(TTL_MS - 1000, second)).to.deep.equal([undefined, true]);
    expect(await first.done).to.deep.equal(await second.done);
  });

  it('is not told to the same session that asks twice', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    const lease = await session(bench.daemon, 60_000);
    await endEarly(leaseId);
    const first = start({ lease });
    await bench.clock.advance(1000);
    expect(await around(TTL_MS - 1000, start({ lease }))).to.deep.equal([undefined, true]);
    expect(await first.done).to.include({ acquired: true });
  });

  it('is given back by one who goes away while it waits for that, and no sooner granted', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await endEarly(leaseId);
    const going = new AbortController();
    const first = start({}, going.signal);
    await bench.clock.advance(1000);
    going.abort();
    expect(await faultOf(first.done)).to.have.property('code', 'CANCELLED');
    await bench.clock.advance(1000);
    expect(await keysBelow(bench.store, '/shared-lock/')).to.deep.equal([]);
    expect(await around(TTL_MS - 2000, start())).to.deep.equal([undefined, true]);
  });

  it('is given back by one whose wait is over before', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await endEarly(leaseId);
    const waiter = start({ waitMs: 5000 });
    expect(await around(5000, waiter)).to.deep.equal([undefined, false]);
    await bench.clock.advance(1000);
    expect(await keysBelow(bench.store, '/shared-lock/')).to.deep.equal([]);
  });

  context('by a request that is repeated', () => {
    let lease: LeaseId;
    let going: AbortController;

    /** A session was granted the lock, has not been told of it yet, and its connection broke. */
    beforeEach(async () => {
      const { leaseId } = grantOf(await bench.acquire('a'));
      lease = await session(bench.daemon, 60_000);
      await endEarly(leaseId);
      going = new AbortController();
      const first = start({ lease, requestId: 'r' }, going.signal);
      await bench.clock.advance(1000);
      going.abort();
      await faultOf(first.done);
    });

    it('is given back when the wait of that is over, and denied to it from then on', async () => {
      const again = start({ lease, requestId: 'r', waitMs: 4000 });
      expect(await around(4000, again)).to.deep.equal([undefined, false]);
      expect(await keysBelow(bench.store, '/shared-lock/')).to.deep.equal([]);
      await bench.clock.advance(TTL_MS);
      expect(await bench.acquire('a', { lease, requestId: 'r' })).to.include({ acquired: false });
      expect(await bench.acquire('a')).to.include({ acquired: true });
    });

    it('stays with the one copy that was told of it, though another gives it back late', async () => {
      let stalled: (() => Promise<unknown>) | undefined;
      bench.faulty.around = (transaction, run) => {
        if (transaction.then[0]?.kind !== 'delete') return run();
        stalled ??= run;
        return Promise.reject(unavailable('away'));
      };
      const hasty = start({ lease, requestId: 'r', waitMs: 4000 });
      await bench.clock.advance(5000);
      expect(await hasty.done).to.include({ acquired: false });
      const patient = start({ lease, requestId: 'r' });
      await bench.clock.advance(TTL_MS);
      const { fencingToken } = grantOf(await patient.done);
      bench.faulty.mend();
      await stalled?.();
      await bench.clock.advance(TTL_MS);
      expect((await bench.daemon.locks.get('a')).holders[0]).to.include({ fencingToken });
    });

    it('can be given back by its id after it was told of it once more', async () => {
      const again = start({ lease, requestId: 'r' });
      await bench.clock.advance(TTL_MS);
      expect(await again.done).to.include({ acquired: true });
      expect(await bench.release('a', lease, { grantRequestId: 'r' })).to.equal(true);
      expect(await keysBelow(bench.store, '/shared-lock/')).to.deep.equal([]);
    });
  });

  it('is denied once more to one who repeats its request after its wait was over', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await endEarly(leaseId);
    const lease = await session(bench.daemon, 60_000);
    const waiter = start({ lease, requestId: 'r', waitMs: 5000 });
    expect(await around(5000, waiter)).to.deep.equal([undefined, false]);
    await bench.clock.advance(TTL_MS);
    expect(await bench.acquire('a', { lease, requestId: 'r' })).to.include({ acquired: false });
  });

  it('is given back by one whose daemon drains', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await endEarly(leaseId);
    const waiter = start();
    await bench.clock.advance(1000);
    bench.daemon.drain();
    expect(await faultOf(waiter.done)).to.have.property('code', 'UNAVAILABLE');
  });

  it('may be taken by force from one who has not been told of it: who waits tries again', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    const lease = await session(bench.daemon, 60_000);
    await endEarly(leaseId);
    const waiter = start({ lease });
    await bench.clock.advance(1000);
    expect(await bench.forceRelease('a')).to.include({ released: true });
    await bench.clock.advance(TTL_MS);
    const { fencingToken } = grantOf(await waiter.done);
    expect((await bench.daemon.locks.get('a')).holders[0]?.fencingToken).to.equal(fencingToken);
  });

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
    let waiter: ReturnType<typeof start>;

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
    let waiter: ReturnType<typeof start>;

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
