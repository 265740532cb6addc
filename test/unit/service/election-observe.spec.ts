import { expect } from 'chai';
import {
  brief,
  campaign,
  elected,
  NAME,
  observe,
  proclaim,
  resign,
} from '../../support/election-bench.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { faultOf, serviceBench, session, startDaemon } from '../../support/services.js';

describe('ElectionService.observe', () => {
  const bench = serviceBench();
  const tick = () => bench.clock.advance(1);

  it('tells the state, then every leader, each value, and each end of a term', async () => {
    const { events, done, gone } = await observe(bench.daemon);
    const one = elected(await campaign(bench.daemon, 'one', { value: 'a' }));
    await proclaim(bench.daemon, one.leaseId, 'b');
    const waiting = campaign(bench.daemon, 'two', { waitMs: 60_000 });
    await tick();
    await resign(bench.daemon, one.leaseId);
    const two = elected(await waiting);
    await bench.daemon.leases.revoke(two.leaseId);
    await tick();
    gone.abort();
    expect(await done).to.equal('ended');
    expect(events.map(brief)).to.deep.equal([
      'STATE -',
      'ELECTED one=a',
      'PROCLAIMED one=b',
      'VACATED one=b',
      'ELECTED two',
      'VACATED two',
    ]);
    const revisions = events.map(({ revision }) => revision);
    expect(revisions).to.deep.equal([...new Set(revisions)].sort((a, b) => a - b));
    expect(events[1]).to.have.nested.property('leader.term', one.fencingToken);
    expect(events[2]).to.have.nested.property('leader.term', one.fencingToken);
  });

  it('begins with the leader of now', async () => {
    elected(await campaign(bench.daemon, 'one', { value: 'a' }));
    const { events } = await observe(bench.daemon);
    await tick();
    expect(events.map(brief)).to.deep.equal(['STATE one=a']);
  });

  it('resumes at any event, and tells the rest as it was, though all those leaders are gone', async () => {
    const { events } = await observe(bench.daemon);
    for (const candidate of ['one', 'two', 'three']) {
      const { leaseId } = elected(await campaign(bench.daemon, candidate, { value: 'v' }));
      await proclaim(bench.daemon, leaseId, 'w');
      await resign(bench.daemon, leaseId);
    }
    await tick();
    expect(events).to.have.length(10);
    for (const [index, { revision }] of events.entries()) {
      if (index === 0) continue;
      const resumed = await observe(bench.daemon, revision);
      await tick();
      expect(resumed.events).to.deep.equal(events.slice(index + 1));
    }
  });

  it('does not tell the grant that a leader is told of once more', async () => {
    const lease = await session(bench.daemon);
    elected(await campaign(bench.daemon, 'one', { lease }));
    const { events } = await observe(bench.daemon);
    elected(await campaign(bench.daemon, 'one', { lease }));
    await tick();
    expect(events.map(brief)).to.deep.equal(['STATE one']);
  });

  it('tells nothing of other elections, nor of the lock of the name', async () => {
    const { events } = await observe(bench.daemon);
    for (const name of ['primary2', 'primary/', 'primary/value', 'Primary']) {
      elected(await campaign(bench.daemon, 'one', { name }));
    }
    await bench.acquire(NAME);
    await tick();
    expect(events.map(brief)).to.deep.equal(['STATE -']);
  });

  it('tells the state anew if what it had not seen yet was compacted', async () => {
    const faulty = new FaultyStore(bench.store);
    const { events, gone } = await observe(startDaemon(faulty.store, bench.clock));
    const { leaseId } = elected(await campaign(bench.daemon, 'one'));
    await tick();
    faulty.endWatches({ reason: 'compacted', compactRevision: 1 });
    await tick();
    await resign(bench.daemon, leaseId);
    await tick();
    expect(events.map(brief)).to.deep.equal([
      'STATE -',
      'ELECTED one',
      'RESYNC one',
      'VACATED one',
    ]);
    gone.abort();
    await tick();
    expect(faulty.openWatches).to.equal(0);
  });

  it('tells the state anew if it can not be told any more who led', async () => {
    const faulty = new FaultyStore(bench.store);
    const { events } = await observe(startDaemon(faulty.store, bench.clock));
    const { leaseId } = elected(await campaign(bench.daemon, 'one'));
    await tick();
    faulty.forgetsPrevious = true;
    await resign(bench.daemon, leaseId);
    await tick();
    expect(events.map(brief)).to.deep.equal(['STATE -', 'ELECTED one', 'RESYNC -']);
  });

  it('refuses a revision that is compacted, of the future, or below 0', async () => {
    const { leaseId } = elected(await campaign(bench.daemon, 'one'));
    await resign(bench.daemon, leaseId);
    await tick();
    const { revision } = await bench.daemon.elections.get(NAME);
    bench.store.compact(revision);
    const { done } = await observe(bench.daemon, 1);
    await tick();
    const fault = await done;
    expect(fault).to.have.property('code', 'OUT_OF_RANGE');
    expect(fault).to.have.nested.property('details.metadata.compactRevision', String(revision));
    for (const fromRevision of [-1, revision + 1]) {
      expect(await faultOf(observe(bench.daemon, fromRevision))).to.have.property(
        'code',
        'INVALID_ARGUMENT',
      );
    }
  });

  it('ends one who reads too slowly, with the revision to resume from, and frees the place', async () => {
    const daemon = startDaemon(bench.store, bench.clock, { watchBacklog: 5, watches: 1 });
    const request = { name: NAME, fromRevision: 0 };
    const { signal } = new AbortController();
    const stream = await daemon.elections.observe(request, { signal });
    for (let term = 0; term < 4; term++) {
      await resign(daemon, elected(await campaign(daemon, `c${term}`)).leaseId);
    }
    await tick();
    const seen: number[] = [];
    const fault = await (async () => {
      for await (const { revision } of stream) seen.push(revision);
    })().catch((error: unknown) => error);
    expect(fault).to.have.property('code', 'RESOURCE_EXHAUSTED');
    expect(fault).to.have.nested.property('details.metadata.resumeRevision', String(seen.at(-1)));
    await daemon.elections.observe(request, { signal });
  });
});
