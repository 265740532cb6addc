import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { openHold, serviceBench, startDaemon, type OpenHold } from '../../support/services.js';

describe('LockService.hold, when the lock is lost', () => {
  const bench = serviceBench();
  let faulty: FaultyStore;
  let held: OpenHold;

  /** The holder's daemon has a way to the store of its own, which can break. */
  beforeEach(async () => {
    faulty = new FaultyStore(bench.store);
    const daemon = startDaemon(faulty.store, bench.clock);
    held = openHold(daemon, 'a', { ttlMs: 10_000 });
    await bench.clock.advance(1);
  });

  afterEach(async () => {
    held.leave();
    await held.done;
  });

  const cutOff = (): void => {
    faulty.break();
    faulty.onRenew = () => Promise.reject(unavailable('away'));
  };

  it('is told of a forced release, with the reason', async () => {
    await bench.forceRelease('a', { reason: 'stuck' });
    await bench.clock.advance(1);
    expect(await held.done).to.equal('ended');
    expect(held.events.at(-1)).to.deep.equal({
      kind: 'lost',
      end: { cause: 'PREEMPTED', reason: 'stuck' },
    });
  });

  it('is told that its lease was revoked', async () => {
    await bench.daemon.leases.revoke(held.grant().leaseId);
    await bench.clock.advance(1);
    expect(await held.done).to.equal('ended');
    expect(held.events.at(-1)).to.deep.equal({ kind: 'lost', end: { cause: 'REVOKED' } });
  });

  it('is told before anybody else is granted the lock, if the store is out of reach', async () => {
    let grantedAtMs = Infinity;
    const next = bench.acquire('a', { waitMs: 60_000 }).then((outcome) => {
      grantedAtMs = bench.clock.now();
      return outcome;
    });
    await bench.clock.advance(1000);
    cutOff();
    const toldAtMs = new Map<string, number>();
    for (let ms = 0; ms < 15_000; ms += 100) {
      await bench.clock.advance(100);
      for (const { kind } of held.events) {
        if (!toldAtMs.has(kind)) toldAtMs.set(kind, bench.clock.now());
      }
    }
    expect(await next).to.have.property('acquired', true);
    expect(held.kinds().filter((kind) => kind !== 'jeopardy')).to.deep.equal(['acquired', 'lost']);
    expect(held.events.at(-1)).to.deep.equal({ kind: 'lost', end: { cause: 'UNREACHABLE' } });
    expect(toldAtMs.get('jeopardy')).to.be.below(toldAtMs.get('lost') ?? 0);
    expect((toldAtMs.get('lost') ?? Infinity) + 1500).to.be.below(grantedAtMs);
  });

  it('is safe again if the store comes back in time', async () => {
    cutOff();
    await bench.clock.advance(7000);
    faulty.mend();
    faulty.onRenew = undefined;
    await bench.clock.advance(20_000);
    expect([...new Set(held.kinds())]).to.deep.equal(['acquired', 'jeopardy', 'safe']);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(1);
  });

  it('frees what it had to count as lost, once the store is back', async () => {
    faulty.onRenew = () => Promise.reject(unavailable('away'));
    await bench.clock.advance(8500);
    expect(held.kinds().at(-1)).to.equal('lost');
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(0);
  });

  it('finds out that a lease which lives does not hold the lock any more', async () => {
    faulty.holdWatches();
    const { leaseId } = held.grant();
    const key = '/shared-lock/a';
    const remove = { kind: 'delete', range: { from: key } } as const;
    await bench.store.transact({ resource: key, compare: [], then: [remove], else: [] });
    faulty.onRenew = async () => {
      // So slow that what it says must be looked at.
      await new Promise<void>((resolve) => void bench.clock.timer(4000, resolve));
    };
    await bench.clock.advance(8000);
    expect(held.kinds().at(-1)).to.equal('lost');
    expect(await bench.store.inspectLease(leaseId)).not.to.equal(undefined);
  });

  it('doubts after the process stood still, and is safe after a renewal', async () => {
    await bench.clock.advance(1000);
    // Not overdue yet: only the stall is a reason to doubt.
    await bench.clock.stall(2500);
    await bench.clock.advance(500);
    expect(held.kinds()).to.deep.equal(['acquired', 'jeopardy', 'safe']);
  });

  it('is lost if the process stood still for too long, whatever a renewal says', async () => {
    await bench.clock.advance(1000);
    await bench.clock.stall(9500);
    await bench.clock.advance(100);
    expect(held.kinds().at(-1)).to.equal('lost');
  });
});
