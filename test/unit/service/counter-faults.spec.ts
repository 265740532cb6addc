import { expect } from 'chai';
import type { AddRequest, CounterChange, CounterPage } from '../../../src/core/counter.js';
import { leaseNotFound, unavailable } from '../../../src/core/errors.js';
import { caller, faultOf, faultyBench } from '../../support/services.js';

describe('CounterService, when things go wrong', () => {
  const bench = faultyBench({ watches: 1 });

  const add = (rest: Partial<AddRequest> = {}): Promise<CounterChange> =>
    bench.daemon.counters.add({
      name: 'c',
      delta: 1n,
      min: undefined,
      max: undefined,
      requestId: '',
      fence: undefined,
      ...rest,
    });
  const list = (prefix: string, pageToken = ''): Promise<CounterPage> =>
    bench.daemon.counters.list({ prefix, pageSize: 0, pageToken });
  const putRaw = (key: string, value: string): Promise<unknown> =>
    bench.store.transact({
      resource: key,
      compare: [],
      then: [{ kind: 'put', key, value }],
      else: [],
    });

  it('answers though its leases can not be looked at after one has ended', async () => {
    await add({ requestId: 'r' });
    bench.faulty.around = () => Promise.reject(leaseNotFound());
    bench.faulty.onInspect = () => Promise.reject(unavailable('away'));
    expect(await faultOf(add({ requestId: 's' }))).to.have.property('code', 'UNAVAILABLE');
    bench.faulty.onInspect = undefined;
    bench.faulty.mend();
    expect(await add()).to.include({ value: 2n });
  });

  it('does not refuse one for the stale fences of many others', async () => {
    const fence = { lock: 'l', token: 1 };
    const stale = Array.from({ length: 1000 }, () => faultOf(add({ fence })));
    const good = add();
    const more = Array.from({ length: 1000 }, () => faultOf(add({ fence })));
    expect(await good).to.include({ value: 1n });
    for (const fault of await Promise.all([...stale, ...more])) {
      expect(fault).to.have.nested.property('details.reason', 'STALE_TOKEN');
    }
  });

  it('keeps no watch of a counter that can not be read', async () => {
    await putRaw('/shared-lock.v1/counter/broken', 'x');
    const watch = (name: string): Promise<unknown> =>
      bench.daemon.counters.watch({ name, fromRevision: 0 }, caller());
    for (let i = 0; i < 3; i++) {
      expect(await faultOf(watch('broken'))).to.have.property('code', 'DATA_LOSS');
    }
    await watch('c');
  });

  it('lists nothing beyond the prefix, whatever the token', async () => {
    for (const name of ['a', 'b1', 'b2', 'c']) await add({ name });
    const names = async (prefix: string, token: string): Promise<string[]> =>
      (await list(prefix, token)).counters.map(({ name }) => name);
    expect(await names('b', 'b1')).to.deep.equal(['b2']);
    for (const token of ['a', 'c', 'A']) {
      expect(await faultOf(names('b', token))).to.have.property('code', 'INVALID_ARGUMENT');
    }
  });
});
