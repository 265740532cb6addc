import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import { campaign, elected, NAME, proclaim, resign } from '../../support/election-bench.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  caller,
  faultOf,
  grantOf,
  keysBelow,
  serviceBench,
  session,
  startDaemon,
  UNKNOWN_LEASE,
} from '../../support/services.js';

describe('ElectionService', () => {
  const bench = serviceBench();
  const get = () => bench.daemon.elections.get(NAME);

  it('elects the first, and tells the next who leads', async () => {
    const labels = new Map([['zone', 'a']]);
    const grant = elected(await campaign(bench.daemon, 'one', { value: 'http://1', labels }));
    const next = await campaign(bench.daemon, 'two');
    expect(next).to.have.property('elected', false);
    expect(next).to.have.nested.property('leader.candidate', 'one');
    const { leader } = await get();
    expect(leader).to.include({ candidate: 'one', value: 'http://1', term: grant.fencingToken });
    expect(leader?.labels).to.deep.equal(labels);
    expect(leader?.remainingTtlSeconds).to.be.within(9, 10);
    expect(JSON.stringify(await get())).not.to.contain(grant.leaseId);
  });

  it('waits as long as the limit allows unless told otherwise', async () => {
    bench.daemon = startDaemon(bench.store, bench.clock, { waitMs: 60_000 });
    const { leaseId } = elected(await campaign(bench.daemon, 'one', { ttlMs: 600_000 }));
    const waiting = campaign(bench.daemon, 'two', { waitMs: undefined });
    await bench.clock.advance(59_000);
    expect((await get()).candidates[0]).to.include({ candidate: 'two', position: 1 });
    await bench.clock.advance(2000);
    expect(await waiting).to.have.property('elected', false);
    expect(await bench.store.renew(leaseId)).to.equal(600);
  });

  it('hands over in the order of the campaigns when the leader resigns', async () => {
    const first = elected(await campaign(bench.daemon, 'one'));
    const waiting = ['two', 'three'].map((candidate) =>
      campaign(bench.daemon, candidate, { waitMs: 600_000 }),
    );
    await bench.clock.advance(10);
    const { candidates } = await get();
    expect(candidates.map(({ candidate }) => candidate)).to.deep.equal(['two', 'three']);
    expect(await resign(bench.daemon, first.leaseId)).to.equal(true);
    const second = elected(await (waiting[0] ?? Promise.reject(new Error('nobody'))));
    expect(second.fencingToken).to.be.greaterThan(first.fencingToken);
    expect(await get()).to.include({ candidateCount: 1 });
    expect(await resign(bench.daemon, second.leaseId)).to.equal(true);
    elected(await (waiting[1] ?? Promise.reject(new Error('nobody'))));
  });

  it('never elects a candidate that went away', async () => {
    const first = elected(await campaign(bench.daemon, 'one'));
    const gone = new AbortController();
    const leaver = faultOf(campaign(bench.daemon, 'two', { waitMs: 600_000 }, caller(gone.signal)));
    await bench.clock.advance(10);
    gone.abort();
    expect(await leaver).to.have.property('code', 'CANCELLED');
    await resign(bench.daemon, first.leaseId);
    await bench.clock.advance(100);
    expect(await get()).to.include({ leader: undefined, candidateCount: 0 });
    expect(await keysBelow(bench.store, '/shared-lock.v1/election/')).to.deep.equal([]);
  });

  it('takes the place of a candidate out of the queue that a lost answer left behind', async () => {
    elected(await campaign(bench.daemon, 'one', { ttlMs: 600_000 }));
    const faulty = new FaultyStore(bench.store);
    const other = startDaemon(faulty.store, bench.clock);
    faulty.around = async (transaction, run) => {
      const outcome = await run();
      // The first only asks whether the seat is free.
      if (transaction.else.every(({ kind }) => kind !== 'put')) return outcome;
      faulty.mend();
      throw unavailable('the answer is lost');
    };
    await faultOf(campaign(other, 'two', { waitMs: 600_000 }));
    expect(await get()).to.include({ candidateCount: 1 });
    await bench.clock.advance(1000);
    expect(await get()).to.include({ candidateCount: 0 });
  });

  it('elects the next when the leader is not renewed', async () => {
    elected(await campaign(bench.daemon, 'one', { ttlMs: 5000 }));
    const next = campaign(bench.daemon, 'two', { waitMs: 600_000, ttlMs: 5000 });
    await bench.clock.advance(6000);
    elected(await next);
    expect((await get()).leader).to.include({ candidate: 'two' });
  });

  it('gives the same grant to a lease that leads already, and keeps what it proclaimed', async () => {
    const lease = await session(bench.daemon);
    const first = elected(await campaign(bench.daemon, 'one', { lease, value: 'a' }));
    await proclaim(bench.daemon, lease, 'b');
    const again = elected(await campaign(bench.daemon, 'one', { lease, value: 'a' }));
    expect(again.fencingToken).to.equal(first.fencingToken);
    expect((await get()).leader).to.include({ candidate: 'one', value: 'b' });
  });

  it('finds the first outcome for the same request id, and refuses it for another election', async () => {
    const request = { requestId: 'r1' };
    const first = elected(await campaign(bench.daemon, 'one', request));
    expect(elected(await campaign(bench.daemon, 'one', request))).to.deep.equal(first);
    const fault = await faultOf(campaign(bench.daemon, 'one', { ...request, name: 'other' }));
    expect(fault).to.have.property('code', 'ALREADY_EXISTS');
    expect(await resign(bench.daemon, first.leaseId, { requestId: 'r2' })).to.equal(true);
    elected(await campaign(bench.daemon, 'two'));
    expect(await resign(bench.daemon, first.leaseId, { requestId: 'r2' })).to.equal(true);
  });

  it('refuses a candidate without a name, or with one that is too long', async () => {
    for (const candidate of ['', 'x'.repeat(1025), 'a\u0000']) {
      const fault = await faultOf(campaign(bench.daemon, candidate));
      expect(fault).to.have.nested.property('details.field', 'candidate');
    }
  });

  it('refuses a resignation by another lease, or of another term', async () => {
    const lease = await session(bench.daemon);
    const { fencingToken: term } = elected(await campaign(bench.daemon, 'one', { lease }));
    for (const [who, rest] of [
      [UNKNOWN_LEASE, {}],
      [lease, { term: term + 1 }],
    ] as const) {
      const fault = await faultOf(resign(bench.daemon, who, rest));
      expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
    }
    expect((await get()).leader).to.include({ term });
    expect(await resign(bench.daemon, lease, { term })).to.equal(true);
    expect(await resign(bench.daemon, lease, { term })).to.equal(false);
  });

  it('unseats a leader, who is told so, with the reason in the audit', async () => {
    const lease = await session(bench.daemon);
    const { fencingToken: term } = elected(await campaign(bench.daemon, 'one', { lease }));
    const next = campaign(bench.daemon, 'two', { waitMs: 600_000 });
    await bench.clock.advance(10);
    const outcome = await bench.daemon.elections.unseat({
      ...{ name: NAME, reason: 'it hangs', term: 0, requestId: '' },
    });
    expect(outcome).to.have.nested.property('leader.candidate', 'one');
    elected(await next);
    const fault = await faultOf(resign(bench.daemon, lease, { term }));
    expect(fault).to.have.nested.property('details.reason', 'PREEMPTED');
    expect(String(fault)).to.contain('took the leadership away: it hangs');
    expect(bench.daemon.telemetry.audits).to.deep.equal([
      {
        action: 'leader unseated',
        facts: { election: NAME, reason: 'it hangs', owner: 'one', fencingToken: term },
      },
    ]);
  });

  it('lists every election once, and no lock', async () => {
    await bench.acquire('a lock');
    const names = ['a', 'a/b', 'ab', '__proto__', '%2F', 'ключ'];
    for (const name of names) elected(await campaign(bench.daemon, 'one', { name }));
    for (const pageSize of [1, 2, 100]) {
      const found: string[] = [];
      let pageToken = '';
      do {
        const request = { prefix: '', selectors: new Map(), contested: false, pageSize, pageToken };
        const page = await bench.daemon.elections.list(request, caller());
        found.push(...page.elections.map(({ name }) => name));
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect(found.sort()).to.deep.equal([...names].sort());
    }
  });

  context('when a lock has the same name', () => {
    it('does not touch it', async () => {
      const lease = await session(bench.daemon);
      elected(await campaign(bench.daemon, 'one', { lease }));
      const lock = grantOf(await bench.acquire(NAME, { lease }));
      expect(await bench.daemon.leases.get(lease)).to.deep.include({
        holds: [{ name: NAME, mode: 'EXCLUSIVE' }],
        holdCount: 1,
        leads: [NAME],
        leadCount: 1,
      });
      await bench.release(NAME, lock.leaseId);
      expect((await get()).leader).to.include({ candidate: 'one' });
      await bench.acquire(NAME);
      await bench.forceRelease(NAME);
      expect((await get()).leader).to.include({ candidate: 'one' });
    });

    it("does not end the leader's own lease with the lock", async () => {
      const { leaseId } = elected(await campaign(bench.daemon, 'one'));
      expect(await bench.daemon.leases.get(leaseId)).to.include({ key: '', election: NAME });
      await bench.acquire(NAME, { lease: leaseId });
      await bench.release(NAME, leaseId);
      expect((await get()).leader).to.include({ candidate: 'one' });
    });

    it('does not end a lease that holds it with the resignation', async () => {
      const { leaseId } = elected(await campaign(bench.daemon, 'one'));
      await bench.acquire(NAME, { lease: leaseId });
      await resign(bench.daemon, leaseId);
      expect((await bench.daemon.locks.get(NAME)).holderCount).to.equal(1);
    });

    it('does not take the request of one for that of the other', async () => {
      const lease = await session(bench.daemon);
      elected(await campaign(bench.daemon, 'one', { lease }));
      await resign(bench.daemon, lease, { requestId: 'r' });
      await bench.acquire(NAME, { lease });
      // In the same order, which the digest of a request depends on.
      const release = { name: NAME, lease, requestId: 'r', fencingToken: 0 };
      const fault = await faultOf(bench.daemon.locks.release(release));
      expect(fault).to.have.property('code', 'ALREADY_EXISTS');
    });
  });
});
