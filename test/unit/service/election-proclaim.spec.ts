import { expect } from 'chai';
import { campaign, elected, NAME, proclaim, resign } from '../../support/election-bench.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  faultOf,
  serviceBench,
  session,
  startDaemon,
  UNKNOWN_LEASE,
} from '../../support/services.js';

describe('ElectionService.proclaim', () => {
  const bench = serviceBench();
  const leader = async () => (await bench.daemon.elections.get(NAME)).leader;

  it("changes the leader's value, and nothing else", async () => {
    const labels = new Map([['zone', 'a']]);
    const { leaseId } = elected(await campaign(bench.daemon, 'one', { value: 'a', labels }));
    const before = await leader();
    await proclaim(bench.daemon, leaseId, 'b');
    expect(await leader()).to.deep.equal({ ...before, value: 'b' });
  });

  it('is refused to one who does not lead, or not in this term', async () => {
    expect(await faultOf(proclaim(bench.daemon, UNKNOWN_LEASE, 'x'))).to.have.property(
      'code',
      'FAILED_PRECONDITION',
    );
    const lease = await session(bench.daemon);
    const first = elected(await campaign(bench.daemon, 'one', { lease }));
    await resign(bench.daemon, lease);
    elected(await campaign(bench.daemon, 'one', { lease, value: 'a' }));
    for (const attempt of [
      proclaim(bench.daemon, UNKNOWN_LEASE, 'x'),
      proclaim(bench.daemon, lease, 'x', { term: first.fencingToken }),
    ]) {
      const fault = await faultOf(attempt);
      expect(fault).to.have.nested.property('details.reason', 'NOT_THE_HOLDER');
      expect(String(fault)).not.to.contain(lease);
    }
    expect(await leader()).to.include({ value: 'a' });
  });

  it('does not overwrite the value of the next leader, who came between the look and the write', async () => {
    const lease = await session(bench.daemon);
    elected(await campaign(bench.daemon, 'one', { lease }));
    const faulty = new FaultyStore(bench.store);
    const slow = startDaemon(faulty.store, bench.clock);
    faulty.beforeWrite(async () => {
      await resign(bench.daemon, lease);
      elected(await campaign(bench.daemon, 'two', { value: 'two' }));
    });
    expect(await faultOf(proclaim(slow, lease, 'x'))).to.have.property(
      'code',
      'FAILED_PRECONDITION',
    );
    expect(await leader()).to.include({ candidate: 'two', value: 'two' });
  });

  it('does not reach into the next term of the same lease', async () => {
    const lease = await session(bench.daemon);
    const { fencingToken: term } = elected(await campaign(bench.daemon, 'one', { lease }));
    const faulty = new FaultyStore(bench.store);
    const slow = startDaemon(faulty.store, bench.clock);
    faulty.beforeWrite(async () => {
      await resign(bench.daemon, lease);
      elected(await campaign(bench.daemon, 'one', { lease, value: 'next' }));
    });
    expect(await faultOf(proclaim(slow, lease, 'x', { term }))).to.have.property(
      'code',
      'FAILED_PRECONDITION',
    );
    expect(await leader()).to.include({ value: 'next' });
  });

  it('is not undone by a grant that is told once more at the same time', async () => {
    const lease = await session(bench.daemon);
    elected(await campaign(bench.daemon, 'one', { lease, value: 'a' }));
    const faulty = new FaultyStore(bench.store);
    const slow = startDaemon(faulty.store, bench.clock);
    faulty.beforeWrite(
      () => proclaim(bench.daemon, lease, 'b'),
      ({ compare }) => compare.every(({ target }) => target === 'mod'),
    );
    elected(await campaign(slow, 'one', { lease, value: 'a' }));
    expect(await leader()).to.include({ candidate: 'one', value: 'b' });
  });

  it('is done once for one request id', async () => {
    const { leaseId } = elected(await campaign(bench.daemon, 'one'));
    const revision = await proclaim(bench.daemon, leaseId, 'a', { requestId: 'r' });
    await proclaim(bench.daemon, leaseId, 'b');
    expect(await proclaim(bench.daemon, leaseId, 'a', { requestId: 'r' })).to.equal(revision);
    expect(await leader()).to.include({ value: 'b' });
    const fault = await faultOf(proclaim(bench.daemon, leaseId, 'c', { requestId: 'r' }));
    expect(fault).to.have.property('code', 'ALREADY_EXISTS');
  });

  it('is refused for a value that is too long', async () => {
    const { leaseId } = elected(await campaign(bench.daemon, 'one'));
    const fault = await faultOf(proclaim(bench.daemon, leaseId, 'x'.repeat(65_537)));
    expect(fault).to.have.nested.property('details.field', 'value');
  });
});
