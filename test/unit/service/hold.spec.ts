import { expect } from 'chai';
import {
  faultOf,
  grantOf,
  keysBelow,
  serviceBench,
  startDaemon,
  openHold,
} from '../../support/services.js';

describe('LockService.hold', () => {
  const bench = serviceBench();
  const holders = async (name = 'a'): Promise<number> =>
    (await bench.daemon.locks.get(name)).holderCount;

  for (const mode of [{}, { mode: 'SHARED' as const }, { limit: 3, permits: 2 }]) {
    context(`by ${JSON.stringify(mode)}`, () => {
      it('holds the lock as long as the stream is open, however long', async () => {
        const held = bench.hold('a', { ...mode, ttlMs: 3000 });
        for (let second = 0; second < 30; second++) await bench.clock.advance(1000);
        expect(held.kinds()).to.deep.equal(['acquired']);
        expect(await holders()).to.equal(1);
        expect(bench.daemon.telemetry.holds).to.equal(1);
        held.leave();
        await held.done;
      });

      it('frees it when the caller closes its side, and says so', async () => {
        const held = bench.hold('a', mode);
        await bench.clock.advance(1);
        held.close();
        expect(await held.done).to.equal('ended');
        expect(held.kinds()).to.deep.equal(['acquired', 'released']);
        expect(await holders()).to.equal(0);
        expect(await keysBelow(bench.store, '/shared-lock.v1/lease/')).to.be.empty;
        expect(bench.daemon.telemetry.holds).to.equal(0);
      });

      it('frees it when the caller goes away', async () => {
        const held = bench.hold('a', mode);
        await bench.clock.advance(1);
        held.leave();
        await held.done;
        expect(await holders()).to.equal(0);
        expect(await bench.store.inspectLease(held.grant().leaseId)).to.equal(undefined);
      });
    });
  }

  it('gives signs of life, at least three within what it calls quiet', async () => {
    const held = bench.hold('a');
    await bench.clock.advance(4000);
    expect(held.events[0]).to.include({ kind: 'acquired', quietMs: 4000 });
    expect(held.events.filter(({ kind }) => kind === 'alive')).to.have.length.at.least(3);
    held.leave();
    await held.done;
  });

  it('answers who holds the lock if the caller does not wait', async () => {
    await bench.acquire('a', { owner: 'first' });
    const held = bench.hold('a');
    expect(await held.done).to.equal('ended');
    expect(held.events).to.have.length(1);
    expect(held.events[0]).to.have.nested.property('holders[0].owner', 'first');
    await bench.clock.advance(1);
    expect(await keysBelow(bench.store, '/shared-lock.v1/lease/')).to.have.length(1);
  });

  it('answers so when the wait is over', async () => {
    await bench.acquire('a', { ttlMs: 60_000 });
    const held = bench.hold('a', { waitMs: 5000 });
    await bench.clock.advance(5001);
    expect(await held.done).to.equal('ended');
    expect(held.kinds()).to.deep.equal(['queued', 'notAcquired']);
  });

  it('tells waiters their places as they move', async () => {
    const first = bench.hold('a');
    await bench.clock.advance(1);
    const waiters = [];
    for (let i = 0; i < 4; i++) {
      waiters.push(bench.hold('a', { waitMs: 60_000 }));
      await bench.clock.advance(300);
    }
    waiters[1]?.leave();
    await bench.clock.advance(300);
    first.close();
    await bench.clock.advance(300);
    const told = waiters.map(({ events }) =>
      events.map((event) => (event.kind === 'queued' ? event.position : event.kind)),
    );
    expect(told[0]).to.include.members([1, 'acquired']);
    expect(told[2]).to.deep.equal([3, 2, 1]);
    expect(told[3]).to.deep.equal([4, 3, 2]);
    for (const waiter of waiters) waiter.leave();
    await Promise.all(waiters.map(({ done }) => done));
    expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
  });

  it('leaves the queue when the caller closes its side there', async () => {
    await bench.acquire('a');
    const waiter = bench.hold('a', { waitMs: 60_000 });
    await bench.clock.advance(1);
    waiter.close();
    expect(await waiter.done).to.equal('ended');
    expect(waiter.kinds().at(-1)).to.equal('notAcquired');
    expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
  });

  it('refuses what acquire refuses', async () => {
    expect(await bench.hold('').done).to.have.nested.property('details.field', 'name');
    expect(await bench.hold('a', { ttlMs: 0 }).done).to.have.nested.property(
      'details.field',
      'ttl',
    );
  });

  it('counts among the watches of the daemon', async () => {
    bench.daemon = startDaemon(bench.store, bench.clock, { watches: 1 });
    const held = bench.hold('a');
    await bench.clock.advance(1);
    expect(await bench.hold('b').done).to.have.property('code', 'RESOURCE_EXHAUSTED');
    held.leave();
    await held.done;
    const next = bench.hold('b');
    await bench.clock.advance(1);
    expect(next.kinds()).to.deep.equal(['acquired']);
    next.leave();
    await next.done;
  });

  it('keeps a lease that came to hold other locks too', async () => {
    const held = bench.hold('a');
    await bench.clock.advance(1);
    const lease = held.grant().leaseId;
    grantOf(await bench.acquire('b', { lease }));
    held.close();
    await held.done;
    expect(await holders()).to.equal(0);
    expect(await holders('b')).to.equal(1);
  });

  describe('resumed', () => {
    it('goes on at another daemon when its own drains', async () => {
      const held = bench.hold('a');
      await bench.clock.advance(8000);
      bench.daemon.drain();
      expect(await held.done).to.have.property('code', 'UNAVAILABLE');
      const { leaseId, fencingToken } = held.grant();
      expect((await bench.store.inspectLease(leaseId))?.remainingSeconds).to.equal(10);
      await bench.clock.advance(5000);
      const resume = { lease: leaseId, fencingToken };
      const again = openHold(startDaemon(bench.store, bench.clock), 'a', { resume });
      await bench.clock.advance(20_000);
      expect(again.kinds()).to.deep.equal(['acquired']);
      expect(again.grant()).to.deep.equal(held.grant());
      again.close();
      await again.done;
      expect((await bench.store.read({ range: { from: '/shared-lock/a' } })).entries).to.be.empty;
    });

    it('is not freed by the stream that it was taken over from', async () => {
      const broken = bench.hold('a');
      await bench.clock.advance(1000);
      const { leaseId: lease, fencingToken } = broken.grant();
      const again = bench.hold('a', { resume: { lease, fencingToken } });
      await bench.clock.advance(1000);
      broken.leave();
      await broken.done;
      await bench.clock.advance(30_000);
      expect(again.kinds()).to.deep.equal(['acquired']);
      expect(await holders()).to.equal(1);
      again.leave();
      await again.done;
      expect(await holders()).to.equal(0);
    });

    it('is lost if it is held no more, or by another', async () => {
      const { leaseId: lease, fencingToken } = grantOf(await bench.acquire('a'));
      await bench.release('a', lease);
      await bench.acquire('a');
      const late = bench.hold('a', { resume: { lease, fencingToken } });
      expect(await late.done).to.equal('ended');
      expect(late.events).to.deep.equal([{ kind: 'lost', end: { cause: 'UNKNOWN' } }]);
      expect(await holders()).to.equal(1);
    });

    it('is told that it was lost by force', async () => {
      const { leaseId: lease, fencingToken } = grantOf(await bench.acquire('a'));
      await bench.forceRelease('a', { reason: 'stuck' });
      const late = bench.hold('a', { resume: { lease, fencingToken } });
      await late.done;
      expect(late.events).to.deep.equal([
        { kind: 'lost', end: { cause: 'PREEMPTED', reason: 'stuck' } },
      ]);
    });

    it('is refused while the daemon drains', async () => {
      const { leaseId: lease, fencingToken } = grantOf(await bench.acquire('a'));
      bench.daemon.drain();
      const fault = bench.hold('a', { resume: { lease, fencingToken } }).done;
      expect(await fault).to.have.property('code', 'UNAVAILABLE');
      expect(await faultOf(bench.acquire('b'))).to.have.property('code', 'UNAVAILABLE');
    });
  });
});
