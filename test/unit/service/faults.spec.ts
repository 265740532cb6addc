import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import {
  acquireRequest as request,
  caller,
  faultOf,
  faultyBench,
  grantOf,
  keysBelow,
  session,
  startDaemon,
  UNKNOWN_LEASE,
} from '../../support/services.js';

describe('The services, when the store misbehaves', () => {
  const bench = faultyBench();

  it('never gives a lease with a lock that it does not hold, however late the answer', async () => {
    let held = true;
    bench.faulty.around = async (_, run) => {
      const outcome = await run();
      if (held) {
        held = false;
        await bench.clock.advance(12_000);
      }
      return outcome;
    };
    const grant = grantOf(await bench.acquire('a'));
    const { entries } = await bench.store.read({ range: { from: '/shared-lock/a' } });
    expect(entries[0]?.lease).to.equal(grant.leaseId);
    expect(entries[0]?.createRevision).to.equal(grant.fencingToken);
  });

  it('takes a place out of the queue that could not be taken out at first', async () => {
    const holder = grantOf(await bench.acquire('a', { ttlMs: 3_600_000 }));
    const gone = new AbortController();
    const leaver = faultOf(bench.acquire('a', { waitMs: 600_000 }, caller(gone.signal)));
    await bench.clock.advance(1);
    bench.faulty.break();
    gone.abort();
    await leaver;
    await bench.clock.advance(60_000);
    bench.faulty.mend();
    await bench.clock.advance(10_000);
    expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
    await bench.release('a', holder.leaseId);
    expect(await bench.acquire('a')).to.have.property('acquired', true);
  });

  it('takes a place out of the queue that was taken though the answer was lost', async () => {
    await bench.acquire('a', { ttlMs: 3_600_000 });
    bench.faulty.around = async (_, run) => {
      await run();
      throw unavailable('the answer was lost');
    };
    expect(await faultOf(bench.acquire('a', { waitMs: 60_000 }))).to.have.property(
      'code',
      'UNAVAILABLE',
    );
    expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.have.length(1);
    bench.faulty.mend();
    await bench.clock.advance(10_000);
    expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
  });

  it("never tells a live session that it has ended when it is the daemon's lease that has", async () => {
    await bench.acquire('a', { ttlMs: 3_600_000 });
    const gone = Array.from({ length: 11 }, () => new AbortController());
    const [firstGone, ...others] = gone;
    const first = faultOf(bench.acquire('a', { waitMs: 60_000 }, caller(firstGone?.signal)));
    await bench.clock.advance(1);
    const [place] = await keysBelow(bench.store, '/shared-lock.v1/queue/');
    const { entries } = await bench.store.read({ range: { from: place ?? '' } });
    const sessions = await Promise.all(others.map(() => session(bench.daemon, 60_000)));
    await bench.store.revoke(entries[0]?.lease ?? UNKNOWN_LEASE);
    const waiters = sessions.map((lease, i) =>
      faultOf(bench.acquire('a', { lease, waitMs: 60_000 }, caller(others[i]?.signal))),
    );
    await bench.clock.advance(100);
    expect((await bench.daemon.locks.get('a')).waiterCount).to.be.at.least(10);
    for (const each of gone) each.abort();
    for (const fault of await Promise.all([first, ...waiters])) {
      expect(fault).to.have.property('code', 'CANCELLED');
    }
  });

  it('lets the same request find its grant after the answer was lost', async () => {
    bench.faulty.around = async (transaction, run) => {
      const outcome = await run();
      if (transaction.resource === '/shared-lock/a') throw unavailable('the answer was lost');
      return outcome;
    };
    await faultOf(bench.acquire('a', { requestId: 'r' }));
    bench.faulty.mend();
    await bench.clock.advance(1000);
    const grant = grantOf(await bench.acquire('a', { requestId: 'r' }));
    expect((await bench.daemon.locks.get('a')).holders[0]?.fencingToken).to.equal(
      grant.fencingToken,
    );
    expect(await bench.daemon.leases.keepAlive(grant.leaseId)).to.equal(10);
  });

  it('leaves no watch open when watchers come and go', async () => {
    for (let i = 0; i < 50; i++) {
      const gone = new AbortController();
      const opening = bench.daemon.locks.watch({ name: 'a', fromRevision: 0 }, caller(gone.signal));
      gone.abort();
      await opening;
    }
    await bench.clock.advance(10);
    expect(bench.faulty.openWatches).to.equal(0);
  });

  it('gives no lock to a caller that went away while its lease was renewed', async () => {
    const holder = grantOf(await bench.acquire('a', { ttlMs: 3_600_000 }));
    const gone = new AbortController();
    const waiter = faultOf(
      bench.acquire('a', { waitMs: 60_000, ttlMs: 3_600_000 }, caller(gone.signal)),
    );
    await bench.clock.advance(1);
    bench.faulty.onRenew = () => {
      gone.abort();
    };
    await bench.release('a', holder.leaseId);
    expect(await waiter).to.have.property('code', 'CANCELLED');
    await bench.clock.advance(1);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(0);
  });

  it('frees a lock alone, not what else its lease came to hold', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    grantOf(await bench.acquire('b', { lease: leaseId }));
    await bench.release('a', leaseId);
    expect((await bench.daemon.locks.get('b')).holderCount).to.equal(1);
    expect(await bench.daemon.leases.keepAlive(leaseId)).to.equal(10);
    await bench.daemon.locks.forceRelease({
      name: 'a',
      reason: 'test',
      fencingToken: 0,
      requestId: '',
    });
    expect((await bench.daemon.locks.get('b')).holderCount).to.equal(1);
  });

  it('gives all permits to as many tries at the same time, through two daemons', async () => {
    const other = startDaemon(bench.store, bench.clock);
    const tries = Array.from({ length: 60 }, (_, i) =>
      (i % 2 === 0 ? bench.daemon : other).locks.acquire(request('s', { limit: 60 }), caller()),
    );
    await bench.clock.advance(20_000);
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome.acquired)).to.have.length(60);
  });

  it('does not count tries that lost as leases', async () => {
    bench.daemon = startDaemon(bench.faulty.store, bench.clock, { leases: 5 });
    await bench.acquire('a', { ttlMs: 3_600_000 });
    for (let i = 0; i < 50; i++) await bench.acquire('a');
    expect(await bench.acquire('b')).to.have.property('acquired', true);
  });

  it('refuses other permits than a lease holds already', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('s', { lease, limit: 5, permits: 1 });
    const fault = await faultOf(bench.acquire('s', { lease, limit: 5, permits: 3 }));
    expect(fault).to.have.nested.property('details.reason', 'HOLDS_OTHER_PERMITS');
  });

  it('ends the wait of a session that has ended', async () => {
    await bench.acquire('a', { ttlMs: 3_600_000 });
    const lease = await session(bench.daemon, 5000);
    const waiter = faultOf(bench.acquire('a', { lease, waitMs: 600_000 }));
    await bench.clock.advance(21_000);
    expect(await waiter).to.have.property('code', 'NOT_FOUND');
    expect(bench.daemon.telemetry.waiting).to.equal(0);
  });

  it('keeps places through a store that is away for less than their lease', async () => {
    await bench.acquire('a', { ttlMs: 3_600_000 });
    const gone = new AbortController();
    const waiter = faultOf(bench.acquire('a', { waitMs: 600_000 }, caller(gone.signal)));
    await bench.clock.advance(3000);
    bench.faulty.onRenew = () => Promise.reject(unavailable('away'));
    await bench.clock.advance(6000);
    bench.faulty.onRenew = undefined;
    await bench.clock.advance(10_000);
    expect((await bench.daemon.locks.get('a')).waiterCount).to.equal(1);
    gone.abort();
    await waiter;
  });
});
