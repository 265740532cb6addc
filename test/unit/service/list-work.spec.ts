import { expect } from 'chai';
import type { ListLocksRequest, LockPage } from '../../../src/core/lock.js';
import { caller, faultOf, faultyBench, session } from '../../support/services.js';

const LOCKS = 1500;
const MIB = 1024 * 1024;

const ALL: ListLocksRequest = {
  prefix: '',
  selectors: new Map(),
  contested: false,
  pageSize: 1000,
  pageToken: '',
};

describe('the work of a list of locks', () => {
  const bench = faultyBench();

  const list = (rest: Partial<ListLocksRequest> = {}, by = caller()): Promise<LockPage> =>
    bench.daemon.locks.list({ ...ALL, ...rest }, by);

  /** How often the store is asked while a page is made. */
  async function asked(
    rest: Partial<ListLocksRequest>,
  ): Promise<{ page: LockPage; times: number }> {
    let times = 0;
    bench.faulty.around = (_, run) => {
      times++;
      return run();
    };
    const before = bench.faulty.reads;
    const page = await list(rest);
    return { page, times: times + bench.faulty.reads - before };
  }

  async function manyLocks(count = LOCKS): Promise<void> {
    const lease = await session(bench.daemon);
    for (let n = 0; n < count; n++) await bench.acquire(`n${n}`, { lease });
  }

  it('follows what is waited for, if only that is wanted', async () => {
    await manyLocks();
    void bench.acquire('n7', { waitMs: 60_000 });
    await bench.clock.advance(1);
    const { page, times } = await asked({ contested: true });
    expect(page.locks.map(({ name }) => name)).to.deep.equal(['n7']);
    expect(page.nextPageToken).to.equal('');
    expect(times).to.be.at.most(2);
  });

  it('ends an empty page early, from where the next one goes on', async () => {
    await manyLocks();
    await bench.acquire('z', { labels: new Map([['env', 'prod']]) });
    const selectors = new Map([['env', 'prod']]);
    const { page, times } = await asked({ selectors });
    expect(page.locks).to.deep.equal([]);
    expect(page.nextPageToken).to.not.equal('');
    expect(times).to.be.at.most(1010);
    const next = await list({ selectors, pageToken: page.nextPageToken });
    expect(next.locks.map(({ name }) => name)).to.deep.equal(['z']);
    expect(next.nextPageToken).to.equal('');
  });

  it('leaves turns of the loop to others', async () => {
    await manyLocks(1000);
    let turns = 0;
    let isDone = false;
    const others = (): void => {
      if (isDone) return;
      turns++;
      setImmediate(others);
    };
    setImmediate(others);
    await list();
    isDone = true;
    expect(turns).to.be.at.least(3);
  });

  it('stops when its caller has left', async () => {
    await manyLocks(1000);
    const gone = new AbortController();
    let times = 0;
    bench.faulty.around = (_, run) => {
      if (++times === 100) gone.abort();
      return run();
    };
    const fault = await faultOf(list({}, caller(gone.signal)));
    expect(fault).to.include({ code: 'CANCELLED' });
    expect(times).to.be.below(120);
  });

  it('ends a page before it is too large, and lists every lock once', async () => {
    const lease = await session(bench.daemon);
    const value = 'v'.repeat(60_000);
    for (let n = 0; n < 70; n++) await bench.acquire(`n${n}`, { lease, value });
    const names: string[] = [];
    let pages = 0;
    for (let pageToken = ''; pages === 0 || pageToken !== ''; pages++) {
      const page = await list({ pageToken });
      expect(JSON.stringify(page.locks).length).to.be.below(2.1 * MIB);
      names.push(...page.locks.map(({ name }) => name));
      pageToken = page.nextPageToken;
    }
    expect(pages).to.equal(3);
    expect(new Set(names).size).to.equal(70);
    expect(names).to.have.length(70);
  });

  it('shows those with labels among a crowd of sharers', async () => {
    const labels = new Map([['last', 'yes']]);
    for (let n = 0; n < 130; n++) {
      await bench.acquire('crowd', { mode: 'SHARED', ...(n === 129 ? { labels } : {}) });
    }
    expect((await list({ selectors: labels })).locks).to.have.length(1);
    const { locks } = await list();
    expect(locks[0]).to.include({ holderCount: 130 });
    expect(locks[0]?.holders).to.have.length(100);
    const lock = await bench.daemon.locks.get('crowd');
    expect(lock.holders).to.have.length(130);
  });

  it('makes pages of leases by their size too', async () => {
    const labels = new Map(
      Array.from({ length: 32 }, (_, n) => [`${n}`.padStart(256, 'k'), 'v'.repeat(256)]),
    );
    for (let n = 0; n < 300; n++) {
      await bench.daemon.leases.create(
        { key: '', value: '', labels, owner: `${n}`, ttlMs: 60_000, requestId: '' },
        caller(),
      );
    }
    const owners: string[] = [];
    let pages = 0;
    for (let pageToken = ''; pages === 0 || pageToken !== ''; pages++) {
      const request = { owner: '', selectors: new Map(), pageSize: 1000, pageToken };
      const page = await bench.daemon.leases.list(request, caller());
      expect(page.leases.length * 32 * 512).to.be.below(2.5 * MIB);
      owners.push(...page.leases.map(({ owner }) => owner));
      pageToken = page.nextPageToken;
    }
    expect(pages).to.equal(3);
    expect(new Set(owners).size).to.equal(300);
    expect(owners).to.have.length(300);
  });
});
