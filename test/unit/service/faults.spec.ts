import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { unavailable } from '../../../src/core/errors.js';
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
  UNKNOWN_LEASE,
  type TestDaemon,
} from '../../support/services.js';

describe('The services, when the store misbehaves', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let faulty: FaultyStore;
  let daemon: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    faulty = new FaultyStore(store);
    daemon = startDaemon(faulty.store, clock);
  });

  afterEach(async () => {
    await store.close();
  });

  const acquire = (name: string, rest = {}, by = caller()): Promise<AcquireOutcome> =>
    daemon.locks.acquire(request(name, rest), by);
  const release = (name: string, lease: string): Promise<boolean> =>
    daemon.locks.release({
      name,
      lease: lease as typeof UNKNOWN_LEASE,
      fencingToken: 0,
      requestId: '',
    });

  it('never gives a lease with a lock that it does not hold, however late the answer', async () => {
    let held = true;
    faulty.around = async (_, run) => {
      const outcome = await run();
      if (held) {
        held = false;
        await clock.advance(12_000);
      }
      return outcome;
    };
    const grant = grantOf(await acquire('a'));
    const { entries } = await store.read({ range: { from: '/shared-lock/a' } });
    expect(entries[0]?.lease).to.equal(grant.leaseId);
    expect(entries[0]?.createRevision).to.equal(grant.fencingToken);
  });

  it('takes a place out of the queue that could not be taken out at first', async () => {
    const holder = grantOf(await acquire('a', { ttlMs: 3_600_000 }));
    const gone = new AbortController();
    const leaver = faultOf(acquire('a', { waitMs: 600_000 }, caller(gone.signal)));
    await clock.advance(1);
    faulty.break();
    gone.abort();
    await leaver;
    await clock.advance(60_000);
    faulty.mend();
    await clock.advance(10_000);
    expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.be.empty;
    await release('a', holder.leaseId);
    expect(await acquire('a')).to.have.property('acquired', true);
  });

  it('takes a place out of the queue that was taken though the answer was lost', async () => {
    await acquire('a', { ttlMs: 3_600_000 });
    faulty.around = async (_, run) => {
      await run();
      throw unavailable('the answer was lost');
    };
    expect(await faultOf(acquire('a', { waitMs: 60_000 }))).to.have.property('code', 'UNAVAILABLE');
    expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.have.length(1);
    faulty.mend();
    await clock.advance(10_000);
    expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.be.empty;
  });

  it("never tells a live session that it has ended when it is the daemon's lease that has", async () => {
    await acquire('a', { ttlMs: 3_600_000 });
    const gone = Array.from({ length: 11 }, () => new AbortController());
    const [firstGone, ...others] = gone;
    const first = faultOf(acquire('a', { waitMs: 60_000 }, caller(firstGone?.signal)));
    await clock.advance(1);
    const [place] = await keysBelow(store, '/shared-lock.v1/queue/');
    const { entries } = await store.read({ range: { from: place ?? '' } });
    const sessions = await Promise.all(others.map(() => session(daemon, 60_000)));
    await store.revoke(entries[0]?.lease ?? UNKNOWN_LEASE);
    const waiters = sessions.map((lease, i) =>
      faultOf(acquire('a', { lease, waitMs: 60_000 }, caller(others[i]?.signal))),
    );
    await clock.advance(100);
    expect((await daemon.locks.get('a')).waiterCount).to.be.at.least(10);
    for (const each of gone) each.abort();
    for (const fault of await Promise.all([first, ...waiters])) {
      expect(fault).to.have.property('code', 'CANCELLED');
    }
  });

  it('lets the same request find its grant after the answer was lost', async () => {
    faulty.around = async (transaction, run) => {
      const outcome = await run();
      if (transaction.resource === '/shared-lock/a') throw unavailable('the answer was lost');
      return outcome;
    };
    await faultOf(acquire('a', { requestId: 'r' }));
    faulty.mend();
    await clock.advance(1000);
    const grant = grantOf(await acquire('a', { requestId: 'r' }));
    expect((await daemon.locks.get('a')).holders[0]?.fencingToken).to.equal(grant.fencingToken);
    expect(await daemon.leases.keepAlive(grant.leaseId)).to.equal(10);
  });

  it('leaves no watch open when watchers come and go', async () => {
    for (let i = 0; i < 50; i++) {
      const gone = new AbortController();
      const opening = daemon.locks.watch({ name: 'a', fromRevision: 0 }, caller(gone.signal));
      gone.abort();
      await opening;
    }
    await clock.advance(10);
    expect(faulty.openWatches).to.equal(0);
  });

  it('gives no lock to a caller that went away while its lease was renewed', async () => {
    const holder = grantOf(await acquire('a', { ttlMs: 3_600_000 }));
    const gone = new AbortController();
    const waiter = faultOf(acquire('a', { waitMs: 60_000, ttlMs: 3_600_000 }, caller(gone.signal)));
    await clock.advance(1);
    faulty.onRenew = () => {
      gone.abort();
    };
    await release('a', holder.leaseId);
    expect(await waiter).to.have.property('code', 'CANCELLED');
    await clock.advance(1);
    expect((await daemon.locks.get('a')).holderCount).to.equal(0);
  });

  it('frees a lock alone, not what else its lease came to hold', async () => {
    const { leaseId } = grantOf(await acquire('a'));
    grantOf(await acquire('b', { lease: leaseId }));
    await release('a', leaseId);
    expect((await daemon.locks.get('b')).holderCount).to.equal(1);
    expect(await daemon.leases.keepAlive(leaseId)).to.equal(10);
    await daemon.locks.forceRelease({ name: 'a', reason: 'test', fencingToken: 0, requestId: '' });
    expect((await daemon.locks.get('b')).holderCount).to.equal(1);
  });

  it('gives all permits to as many tries at the same time, through two daemons', async () => {
    const other = startDaemon(store, clock);
    const tries = Array.from({ length: 60 }, (_, i) =>
      (i % 2 === 0 ? daemon : other).locks.acquire(request('s', { limit: 60 }), caller()),
    );
    await clock.advance(20_000);
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome.acquired)).to.have.length(60);
  });

  it('does not count tries that lost as leases', async () => {
    daemon = startDaemon(faulty.store, clock, { leases: 5 });
    await acquire('a', { ttlMs: 3_600_000 });
    for (let i = 0; i < 50; i++) await acquire('a');
    expect(await acquire('b')).to.have.property('acquired', true);
  });

  it('refuses other permits than a lease holds already', async () => {
    const lease = await session(daemon);
    await acquire('s', { lease, limit: 5, permits: 1 });
    const fault = await faultOf(acquire('s', { lease, limit: 5, permits: 3 }));
    expect(fault).to.have.nested.property('details.reason', 'HOLDS_OTHER_PERMITS');
  });

  it('ends the wait of a session that has ended', async () => {
    await acquire('a', { ttlMs: 3_600_000 });
    const lease = await session(daemon, 5000);
    const waiter = faultOf(acquire('a', { lease, waitMs: 600_000 }));
    await clock.advance(21_000);
    expect(await waiter).to.have.property('code', 'NOT_FOUND');
    expect(daemon.telemetry.waiting).to.equal(0);
  });

  it('keeps places through a store that is away for less than their lease', async () => {
    await acquire('a', { ttlMs: 3_600_000 });
    const gone = new AbortController();
    const waiter = faultOf(acquire('a', { waitMs: 600_000 }, caller(gone.signal)));
    await clock.advance(3000);
    faulty.onRenew = () => Promise.reject(unavailable('away'));
    await clock.advance(6000);
    faulty.onRenew = undefined;
    await clock.advance(10_000);
    expect((await daemon.locks.get('a')).waiterCount).to.equal(1);
    gone.abort();
    await waiter;
  });
});
