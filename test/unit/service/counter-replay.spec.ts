import { expect } from 'chai';
import type { AddRequest, CounterChange } from '../../../src/core/counter.js';
import { faultOf, grantOf, serviceBench } from '../../support/services.js';

describe('CounterService, asked again with the same request id', () => {
  const bench = serviceBench();

  const add = (rest: Partial<AddRequest>): Promise<CounterChange> =>
    bench.daemon.counters.add({
      name: 'c',
      delta: 5n,
      min: undefined,
      max: undefined,
      requestId: 'r',
      fence: undefined,
      ...rest,
    });
  const value = async (): Promise<bigint> => (await bench.daemon.counters.get('c')).value;

  it('gives the first outcome though the bounds would refuse it by now', async () => {
    const first = await add({ max: 5n });
    expect(await add({ max: 5n })).to.deep.equal(first);
    expect(await value()).to.equal(5n);
    expect(await faultOf(add({ max: 5n, requestId: '' }))).to.have.property('code', 'OUT_OF_RANGE');
  });

  it('gives the first outcome though the lock has been released by now', async () => {
    const { leaseId, fencingToken } = grantOf(await bench.acquire('l'));
    const fence = { lock: 'l', token: fencingToken };
    const first = await add({ fence });
    await bench.release('l', leaseId);
    expect(await add({ fence })).to.deep.equal(first);
    expect(await faultOf(add({ fence, requestId: 'other' }))).to.have.nested.property(
      'details.reason',
      'STALE_TOKEN',
    );
    expect(await value()).to.equal(5n);
  });

  it('gives the first outcome though the value is not the expected one by now', async () => {
    const { counters } = bench.daemon;
    const set = { name: 'c', value: 7n, expected: 0n, requestId: 's', fence: undefined };
    const first = await counters.set(set);
    expect(await counters.set(set)).to.deep.equal(first);
    const gone = { name: 'c', expected: 7n, requestId: 'd', fence: undefined };
    expect(await counters.delete(gone)).to.deep.equal({ deleted: true, previous: 7n });
    expect(await counters.delete(gone)).to.deep.equal({ deleted: true, previous: 7n });
  });

  it('is still refused for another request, whatever the bounds', async () => {
    await add({ max: 5n });
    expect(await faultOf(add({ max: 6n }))).to.have.property('code', 'ALREADY_EXISTS');
  });

  it('does not keep others of its batch from being refused, or counted', async () => {
    await add({ max: 5n });
    const results = await Promise.allSettled([
      add({ max: 5n }),
      add({ max: 6n, requestId: '' }),
      add({ delta: 1n, max: 6n, requestId: 'new' }),
    ]);
    expect(results.map((result) => result.status)).to.deep.equal([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(await value()).to.equal(6n);
  });
});
