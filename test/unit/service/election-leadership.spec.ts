import { expect } from 'chai';
import { campaign, elected, NAME, resign } from '../../support/election-bench.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { faultOf, serviceBench, session, startDaemon } from '../../support/services.js';

describe('ElectionService.leadership', () => {
  const bench = serviceBench();
  const ask = (candidate: string, term = 0, daemon = bench.daemon) =>
    daemon.elections.leadership({ name: NAME, candidate, term });

  it('is true for the leader, by name, by term, or both, and for nobody else', async () => {
    expect(await ask('one')).to.deep.equal({
      isLeader: false,
      term: 0,
      remainingSeconds: undefined,
    });
    const { fencingToken: term } = elected(await campaign(bench.daemon, 'one'));
    for (const [candidate, asked] of [
      ['one', 0],
      ['', term],
      ['one', term],
    ] as const) {
      expect(await ask(candidate, asked)).to.include({ isLeader: true, term });
    }
    for (const [candidate, asked] of [
      ['two', 0],
      ['on', 0],
      ['', term - 1],
      ['one', term + 1],
      ['two', term],
    ] as const) {
      expect(await ask(candidate, asked)).to.include({ isLeader: false, term });
    }
  });

  it('is over with the resignation, though the session lives on', async () => {
    const lease = await session(bench.daemon);
    elected(await campaign(bench.daemon, 'one', { lease }));
    await resign(bench.daemon, lease);
    expect(await ask('one')).to.include({ isLeader: false });
  });

  it('says for how long, never longer than the lease has', async () => {
    elected(await campaign(bench.daemon, 'one', { ttlMs: 5000 }));
    await bench.clock.advance(2000);
    expect((await ask('one')).remainingSeconds).to.be.within(2.9, 3);
  });

  it('lasts to the end that this daemon acknowledged, where the store says only whole seconds', async () => {
    const faulty = new FaultyStore(bench.store);
    faulty.roundsDown = true;
    faulty.acknowledging = bench.clock;
    const here = startDaemon(faulty.store, bench.clock);
    const { leaseId } = elected(await campaign(here, 'one', { ttlMs: 2000 }));
    await bench.clock.advance(1000);
    await here.leases.keepAlive(leaseId);
    await bench.clock.advance(1900);
    expect((await ask('one', 0, here)).remainingSeconds).to.be.within(0.09, 0.1);
    await bench.clock.advance(100);
    expect(await ask('one', 0, here)).to.include({ isLeader: false });
  });

  it('is up to a second shorter at a daemon that did not see the renewal', async () => {
    const faulty = new FaultyStore(bench.store);
    faulty.roundsDown = true;
    elected(await campaign(bench.daemon, 'one', { ttlMs: 2000 }));
    const elsewhere = startDaemon(faulty.store, bench.clock);
    await bench.clock.advance(900);
    expect(await ask('one', 0, elsewhere)).to.include({ isLeader: true });
    await bench.clock.advance(200);
    expect(await ask('one', 0, elsewhere)).to.include({ isLeader: false });
  });

  it('is over with a lease that ended early, whatever was acknowledged', async () => {
    const faulty = new FaultyStore(bench.store);
    faulty.acknowledging = bench.clock;
    const here = startDaemon(faulty.store, bench.clock);
    const { leaseId } = elected(await campaign(here, 'one'));
    // Right after it was seen to lead.
    faulty.around = async (_, run) => {
      const outcome = await run();
      await bench.store.revoke(leaseId);
      return outcome;
    };
    expect(await ask('one', 0, here)).to.include({ isLeader: false });
  });

  it('is over when the lease has run out on the way, whatever the store said', async () => {
    elected(await campaign(bench.daemon, 'one', { ttlMs: 5000 }));
    const faulty = new FaultyStore(bench.store);
    const slow = startDaemon(faulty.store, bench.clock);
    faulty.onInspect = () => bench.clock.advance(5001);
    expect(await ask('one', 0, slow)).to.include({ isLeader: false });
  });

  it('is not known when the store is away', async () => {
    elected(await campaign(bench.daemon, 'one'));
    const faulty = new FaultyStore(bench.store);
    faulty.break();
    const cut = startDaemon(faulty.store, bench.clock);
    expect(await faultOf(ask('one', 0, cut))).to.have.property('code', 'UNAVAILABLE');
  });

  it('must be asked for somebody', async () => {
    expect(await faultOf(ask(''))).to.have.nested.property('details.field', 'candidate');
  });
});
