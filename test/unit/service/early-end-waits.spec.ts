import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import { faultOf, grantOf, keysBelow, openHold, session } from '../../support/services.js';
import { SOON_MS, TTL_MS, earlyEnds } from './early-ends.js';

describe('A lock whose lease the store ended before its time', () => {
  const { bench, endEarly, start, around } = earlyEnds();

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
});
