import { expect } from 'chai';
import type { Fence } from '../../../src/core/counter.js';
import { fenceFrom } from '../../../src/protocol/convert/fence.js';
import { campaign, elected, NAME, proclaim, resign } from '../../support/election-bench.js';
import { faultOf, grantOf, serviceBench, session } from '../../support/services.js';

describe('a fence that names an election', () => {
  const bench = serviceBench();

  const add = (fence: Fence) =>
    bench.daemon.counters.add({
      ...{ name: 'c', delta: 1n, min: undefined, max: undefined, requestId: '', fence },
    });

  it('lets the leader write during its term, and refuses it afterwards', async () => {
    const lease = await session(bench.daemon);
    const { fencingToken: token } = elected(await campaign(bench.daemon, 'one', { lease }));
    await add({ election: NAME, token });
    await proclaim(bench.daemon, lease, 'ready');
    expect(await add({ election: NAME, token })).to.include({ value: 2n });
    await resign(bench.daemon, lease);
    elected(await campaign(bench.daemon, 'two'));
    const fault = await faultOf(add({ election: NAME, token }));
    expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
    expect(fault).to.have.nested.property('details.reason', 'STALE_TOKEN');
    expect(await bench.daemon.counters.get('c')).to.include({ value: 2n });
  });

  it('is another than one that names the lock of the same name', async () => {
    const { fencingToken: term } = elected(await campaign(bench.daemon, 'one'));
    const { fencingToken: token } = grantOf(await bench.acquire(NAME));
    for (const fence of [
      { election: NAME, token },
      { lock: NAME, token: term },
    ]) {
      expect(await faultOf(add(fence))).to.have.property('code', 'FAILED_PRECONDITION');
    }
  });

  it('can not name a lock too', () => {
    const both = { lock: 'a', election: 'b', token: '1' };
    expect(() => fenceFrom(both))
      .to.throw()
      .with.nested.property('details.field', 'fence');
    expect(fenceFrom({ ...both, lock: '' })).to.deep.equal({ election: 'b', token: 1 });
    expect(fenceFrom({ ...both, election: '' })).to.deep.equal({ lock: 'a', token: 1 });
  });
});
