import { expect } from 'chai';
import type { Config } from '../../../src/core/config-document.js';
import { unavailable } from '../../../src/core/errors.js';
import type { Transaction } from '../../../src/store/store.js';
import {
  caller,
  faultOf,
  faultyBench,
  grantOf,
  session,
  startDaemon,
} from '../../support/services.js';
import { put, requests } from './config-requests.js';

describe('Documents that are created at once', () => {
  const bench = faultyBench();

  const create = (name: string, rest: Parameters<typeof requests.put>[1] = {}): Promise<Config> =>
    bench.daemon.configs.create(requests.put('1', { name, ...rest }), caller());
  const createAll = (count: number): Promise<Config>[] =>
    Array.from({ length: count }, (_, n) => create(`d${n}`));
  const idsOf = (configs: readonly Pick<Config, 'id'>[]): number[] => configs.map(({ id }) => id);
  const from1 = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

  const writes = (): Transaction[] => {
    const seen: Transaction[] = [];
    bench.faulty.around = (transaction, run) => {
      if (transaction.then.some(({ kind }) => kind === 'put')) seen.push(transaction);
      return run();
    };
    return seen;
  };

  it('take few transactions, and the next ids in the order of their revisions', async () => {
    const seen = writes();
    const all = await Promise.all(createAll(100));
    expect(idsOf(all)).to.have.members(from1(100));
    expect(seen).to.have.length.below(10);
    for (const { then } of seen) expect(then.length).to.be.at.most(32);
    const byId = [...all].sort((a, b) => a.id - b.id);
    const revisions = byId.map(({ revision }) => revision);
    expect(revisions).to.deep.equal([...revisions].sort((a, b) => a - b));
    expect((await create('next')).id).to.equal(101);
  });

  it('are two transactions each if they come one after the other: a look, and the write', async () => {
    await create('first');
    let asked = 0;
    bench.faulty.around = (_, run) => {
      asked += 1;
      return run();
    };
    await create('second');
    expect(asked).to.equal(2);
  });

  it('are created though one of them can not be, which is told why', async () => {
    await create('d3');
    const lease = await session(bench.daemon);
    const { fencingToken } = grantOf(await bench.acquire('l', { lease }));
    await bench.release('l', lease);
    const fence = { lock: 'l', election: '', token: fencingToken };
    const stale = faultOf(create('fenced', { fence }));
    const all = createAll(10);
    const taken = faultOf(all[3] ?? Promise.resolve());
    const others = await Promise.all(all.filter((_, n) => n !== 3));
    expect(await taken).to.have.nested.property('details.reason', 'CONFIG_EXISTS');
    expect(await stale).to.have.property('code', 'FAILED_PRECONDITION');
    expect(idsOf(others)).to.have.members(from1(10).slice(1));
  });

  it('do not share an id with those of another daemon', async () => {
    const other = startDaemon(bench.store, bench.clock);
    await create('mine');
    bench.faulty.beforeWrite(() => put(other, '1', { name: 'theirs' }));
    const all = await Promise.all(createAll(20));
    expect(idsOf(all)).to.have.members(from1(22).slice(2));
    await Promise.all([
      ...Array.from({ length: 20 }, (_, n) => put(other, '1', { name: `o${n}` })),
      ...Array.from({ length: 20 }, (_, n) => create(`m${n}`)),
    ]);
    const { configs } = await bench.daemon.configs.list({
      ...{ namespace: 'ns', prefix: '', pageSize: 1000, pageToken: '' },
    });
    expect(idsOf(configs)).to.have.members(from1(62));
  });

  it('are created once for each request id, though two have the same', async () => {
    const [, first, same, another] = await Promise.all([
      create('before'),
      create('a', { requestId: 'x' }),
      faultOf(create('b', { requestId: 'x' })),
      create('c', { requestId: 'y' }),
      create('d'),
    ]);
    expect(same).to.have.nested.property('details.reason', 'REQUEST_ID_REUSED');
    expect((await create('a', { requestId: 'x' })).revision).to.equal(first.revision);
    expect((await create('c', { requestId: 'y' })).id).to.equal(another.id);
  });

  it('are told soon that the store is away, however many wait', async () => {
    bench.faulty.around = async (transaction, run) => {
      if (!transaction.then.some(({ kind }) => kind === 'put')) return run();
      await new Promise<void>((resolve) => void bench.clock.timer(300, resolve));
      throw unavailable('etcd is out of reach');
    };
    let told = 0;
    const all = createAll(100).map((creating) => faultOf(creating).finally(() => told++));
    await bench.clock.advance(400);
    expect(told).to.equal(100);
    for (const fault of await Promise.all(all))
      expect(fault).to.have.property('code', 'UNAVAILABLE');
    bench.faulty.mend();
    expect((await create('next')).id).to.equal(1);
  });

  it('are each told if the store does not answer, and find what was done by their ids', async () => {
    bench.faulty.around = async (transaction, run) => {
      const outcome = await run();
      if (transaction.then.some(({ kind }) => kind === 'put')) throw unavailable('lost');
      return outcome;
    };
    const names = Array.from({ length: 5 }, (_, n) => `d${n}`);
    await Promise.all(names.map((name) => faultOf(create(name, { requestId: name }))));
    bench.faulty.mend();
    const again = await Promise.all(names.map((name) => create(name, { requestId: name })));
    expect(idsOf(again)).to.have.members(from1(5));
  });

  it('are large ones one by one', async () => {
    const large = JSON.stringify('x'.repeat(100_000));
    const seen = writes();
    const all = Array.from({ length: 4 }, (_, n) =>
      bench.daemon.configs.create(requests.put(large, { name: `d${n}` }), caller()),
    );
    expect(idsOf(await Promise.all(all))).to.have.members([1, 2, 3, 4]);
    expect(seen).to.have.length(4);
  });
});

describe('A linearizable read of a document', () => {
  const bench = faultyBench();

  it('asks the store once, whatever its version, once it was written or read here', async () => {
    const other = startDaemon(bench.store, bench.clock);
    for (const text of ['1', '2', '3']) await put(other, text);
    const read = (): Promise<Config> => bench.daemon.configs.get(requests.get());
    let asked = 0;
    bench.faulty.around = (_, run) => {
      asked += 1;
      return run();
    };
    const asks = async (document: string): Promise<number> => {
      asked = 0;
      expect(await read()).to.include({ document });
      return asked;
    };
    expect(await asks('3')).to.equal(2);
    expect(await asks('3')).to.equal(1);
    await put(bench.daemon, '4');
    expect(await asks('4')).to.equal(1);
    await put(other, '5');
    expect(await asks('5')).to.equal(2);
    expect(await asks('5')).to.equal(1);
    await other.configs.delete({ ...requests.delete(), force: true }, caller());
    expect(await faultOf(read())).to.have.property('code', 'NOT_FOUND');
    await put(other, '6');
    expect(await asks('6')).to.equal(1);
  });
});
