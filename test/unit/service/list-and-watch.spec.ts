import { expect } from 'chai';
import type { ListLocksRequest, LockEvent, LockState } from '../../../src/core/lock.js';
import { bump } from '../../support/etcd-store.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  caller,
  collect,
  faultOf,
  grantOf,
  serviceBench,
  startDaemon,
} from '../../support/services.js';

describe('LockService.list', () => {
  const bench = serviceBench();

  async function listAll(rest: Partial<ListLocksRequest> = {}): Promise<LockState[]> {
    const locks: LockState[] = [];
    let pageToken = '';
    do {
      const page = await bench.daemon.locks.list(
        {
          prefix: '',
          selectors: new Map(),
          contested: false,
          pageSize: 0,
          ...rest,
          pageToken,
        },
        caller(),
      );
      locks.push(...page.locks);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return locks;
  }

  const names = (locks: LockState[]): string[] => locks.map((lock) => lock.name).sort();

  beforeEach(async () => {
    await bench.acquire('a');
    await bench.acquire('a/b', { labels: new Map([['env', 'prod']]) });
    await bench.acquire('ab', { mode: 'SHARED' });
    await bench.acquire('ab', { mode: 'SHARED' });
    await bench.acquire('ключ', { limit: 3 });
    await bench.acquire('a%2Fb');
  });

  it('finds every lock once, however small the pages', async () => {
    for (const pageSize of [1, 2, 3, 100]) {
      expect(names(await listAll({ pageSize }))).to.deep.equal(['a', 'a%2Fb', 'a/b', 'ab', 'ключ']);
    }
  });

  it('puts all on one page if they fit', async () => {
    const page = await bench.daemon.locks.list(
      {
        prefix: '',
        selectors: new Map(),
        contested: false,
        pageSize: 0,
        pageToken: '',
      },
      caller(),
    );
    expect(page.locks).to.have.length(5);
    expect(page.nextPageToken).to.equal('');
  });

  it('filters by prefix', async () => {
    expect(names(await listAll({ prefix: 'a/' }))).to.deep.equal(['a/b']);
    expect(names(await listAll({ prefix: 'кл' }))).to.deep.equal(['ключ']);
    expect(names(await listAll({ prefix: 'ab', pageSize: 1 }))).to.deep.equal(['ab']);
  });

  it('filters by labels', async () => {
    expect(names(await listAll({ selectors: new Map([['env', 'prod']]) }))).to.deep.equal(['a/b']);
  });

  it('filters those that somebody waits for', async () => {
    void bench.acquire('a/b', { waitMs: 60_000, owner: 'next' });
    await bench.clock.advance(1);
    const [lock] = await listAll({ contested: true });
    expect(lock?.name).to.equal('a/b');
    expect(lock?.waiters[0]).to.include({ owner: 'next', position: 1 });
    expect(lock?.holders[0]?.remainingTtlSeconds).to.be.within(9, 10);
  });

  it('refuses a page token that it did not make', async () => {
    for (const pageToken of ['x', 'held', 'nowhere.a', 'held.%zz']) {
      const fault = await faultOf(
        bench.daemon.locks.list(
          {
            prefix: '',
            selectors: new Map(),
            contested: false,
            pageSize: 0,
            pageToken,
          },
          caller(),
        ),
      );
      expect(fault).to.have.nested.property('details.field', 'page_token');
    }
  });
});

describe('LockService.watch', () => {
  const bench = serviceBench();

  const watch = async (
    name: string,
    gone: AbortController,
    fromRevision = 0,
  ): Promise<ReturnType<typeof collect<LockEvent>>> =>
    collect(await bench.daemon.locks.watch({ name, fromRevision }, caller(gone.signal)));

  const kinds = (events: LockEvent[]): string[] => events.map((event) => event.kind);

  it('tells the state, then who comes and goes', async () => {
    const gone = new AbortController();
    const { events, done } = await watch('a', gone);
    const first = grantOf(await bench.acquire('a', { owner: 'one' }));
    const waiter = bench.acquire('a', { owner: 'two', waitMs: 60_000 });
    await bench.clock.advance(1);
    await bench.release('a', first.leaseId);
    await waiter;
    await bench.clock.advance(1);
    gone.abort();
    expect(await done).to.equal('ended');
    expect(kinds(events).slice(0, 4)).to.deep.equal(['STATE', 'ACQUIRED', 'QUEUED', 'RELEASED']);
    expect(kinds(events).slice(4)).to.have.members(['ACQUIRED', 'DEQUEUED']);
    expect(events[1]).to.have.nested.property('holder.owner', 'one');
    expect(events[3]).to.have.nested.property('holder.owner', 'one');
    expect(events[3]).to.have.nested.property('holder.fencingToken', first.fencingToken);
  });

  it('resumes after a revision, without gaps', async () => {
    const first = grantOf(await bench.acquire('a'));
    await bench.store.revoke(first.leaseId);
    const second = grantOf(await bench.acquire('a'));
    const gone = new AbortController();
    const { events } = await watch('a', gone, first.fencingToken);
    await bench.clock.advance(1);
    gone.abort();
    expect(kinds(events)).to.deep.equal(['RELEASED', 'ACQUIRED']);
    expect(events[1]).to.have.nested.property('holder.fencingToken', second.fencingToken);
  });

  it('never names the next holder as the one before', async () => {
    const start = grantOf(await bench.acquire('other')).fencingToken;
    for (const owner of ['one', 'two']) {
      const { leaseId } = grantOf(await bench.acquire('a', { owner }));
      if (owner === 'one') await bench.release('a', leaseId);
    }
    const gone = new AbortController();
    const { events } = await watch('a', gone, start);
    await bench.clock.advance(1);
    gone.abort();
    expect(kinds(events)).to.deep.equal(['ACQUIRED', 'RELEASED', 'ACQUIRED']);
    // Who the first one was is not to be found any more.
    expect(
      events.slice(0, 2).map((event) => 'holder' in event && event.holder.owner),
    ).to.deep.equal(['', '']);
    expect(events[2]).to.have.nested.property('holder.owner', 'two');
  });

  it('never tells of another lock', async () => {
    const gone = new AbortController();
    const { events } = await watch('a', gone);
    for (const name of ['ab', 'a/b', 'b']) {
      await bench.acquire(name);
      await bench.acquire(`${name}s`, { mode: 'SHARED' });
    }
    await bench.clock.advance(1);
    gone.abort();
    expect(kinds(events)).to.deep.equal(['STATE']);
  });

  it('refuses a revision below 0, and one of the future', async () => {
    for (const fromRevision of [-1, 1_000_000]) {
      const fault = await faultOf(bench.daemon.locks.watch({ name: 'a', fromRevision }, caller()));
      expect(fault).to.have.property('code', 'INVALID_ARGUMENT');
    }
  });

  it('begins with RESYNC for one who resumes from too long ago', async () => {
    const { fencingToken } = grantOf(await bench.acquire('a', { owner: 'one' }));
    for (let i = 0; i < 10_001; i++) {
      await bench.store.transact(bump('elsewhere'));
    }
    const gone = new AbortController();
    const { events } = await watch('a', gone, fencingToken);
    await bench.clock.advance(1);
    void bench.acquire('a', { mode: 'SHARED', waitMs: 5 });
    await bench.clock.advance(10);
    gone.abort();
    expect(kinds(events)).to.deep.equal(['RESYNC', 'QUEUED', 'DEQUEUED']);
    expect(events[0]).to.have.nested.property('lock.holders[0].owner', 'one');
  });

  it('tells RESYNC, not nothing, if it can not be told any more who went', async () => {
    const faulty = new FaultyStore(bench.store);
    bench.daemon = startDaemon(faulty.store, bench.clock);
    const { leaseId } = grantOf(await bench.acquire('a'));
    const gone = new AbortController();
    const { events } = await watch('a', gone);
    faulty.forgetsPrevious = true;
    await bench.release('a', leaseId);
    await bench.clock.advance(1);
    gone.abort();
    expect(kinds(events)).to.deep.equal(['STATE', 'RESYNC']);
    expect(events[1]).to.have.nested.property('lock.holders').that.has.length(0);
  });

  it('says which revision is the oldest when it asks for a compacted one', async () => {
    for (let i = 0; i < 5; i++) await bench.acquire(`x${i}`);
    await bench.clock.advance(1);
    const { revision } = await bench.store.read({ range: { from: 'x' } });
    bench.store.compact(revision);
    const { done } = await watch('a', new AbortController(), 2);
    await bench.clock.advance(1);
    const fault = await done;
    expect(fault).to.have.property('code', 'OUT_OF_RANGE');
    expect(fault).to.have.nested.property('details.metadata.compactRevision', String(revision));
  });

  it('ends a watcher that reads too slowly, with the revision to resume from', async () => {
    bench.daemon = startDaemon(bench.store, bench.clock, { watchBacklog: 10 });
    const stream = await bench.daemon.locks.watch({ name: 'a', fromRevision: 0 }, caller());
    for (let i = 0; i < 20; i++) {
      const { leaseId } = grantOf(await bench.acquire('a'));
      await bench.store.revoke(leaseId);
    }
    await bench.clock.advance(1);
    const seen: LockEvent[] = [];
    const fault = await (async () => {
      for await (const event of stream) seen.push(event);
    })().catch((error: unknown) => error);
    expect(seen).to.have.length(10);
    expect(fault).to.have.property('code', 'RESOURCE_EXHAUSTED');
    const last = seen.at(-1)?.revision ?? 0;
    expect(fault).to.have.nested.property('details.metadata.resumeRevision', String(last));
  });

  it('refuses more watches than the daemon may have, and frees the place of one that ended', async () => {
    bench.daemon = startDaemon(bench.store, bench.clock, { watches: 1 });
    const gone = new AbortController();
    await watch('a', gone);
    const fault = await faultOf(bench.daemon.locks.watch({ name: 'a', fromRevision: 0 }, caller()));
    expect(fault).to.have.nested.property('details.reason', 'WATCH_LIMIT');
    gone.abort();
    await bench.daemon.locks.watch({ name: 'a', fromRevision: 0 }, caller());
  });
});
