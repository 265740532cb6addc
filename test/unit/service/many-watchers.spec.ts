import { expect } from 'chai';
import type { ConfigEvent } from '../../../src/core/config-document.js';
import type { LockEvent } from '../../../src/core/lock.js';
import { caller, collect, faultyBench } from '../../support/services.js';
import { put, requests } from './config-requests.js';

const WATCHERS = 20;

describe('many who watch the same', () => {
  const bench = faultyBench();
  let leave: (() => void)[] = [];
  afterEach(() => {
    for (const goes of leave) goes();
    leave = [];
  });

  function watcher(): ReturnType<typeof caller> {
    const gone = new AbortController();
    leave.push(() => {
      gone.abort();
    });
    return caller(gone.signal);
  }

  /** How often the store is asked while something happens. */
  async function readsOf(happens: () => Promise<unknown>): Promise<number> {
    const before = bench.faulty.reads;
    await happens();
    await bench.clock.advance(1);
    return bench.faulty.reads - before;
  }

  it('are told who took a lock by one look at its record', async () => {
    const acquire = (name: string) => () => bench.acquire(name, { owner: 'one' });
    await readsOf(acquire('the first of a daemon'));
    const unwatched = await readsOf(acquire('unwatched'));
    const all: LockEvent[][] = [];
    for (let i = 0; i < WATCHERS; i++) {
      const request = { name: 'a', fromRevision: 0 };
      all.push(collect(await bench.daemon.locks.watch(request, watcher())).events);
    }
    expect(await readsOf(acquire('a'))).to.equal(unwatched + 1);
    for (const events of all) expect(events[1]).to.have.nested.property('holder.owner', 'one');
  });

  it('are told of a document by one look at its text, with one event', async () => {
    const disable = (namespace: string) => () =>
      bench.daemon.configs.setEnabled({ ...requests.write, namespace, enabled: false });
    for (const namespace of ['ns', 'unwatched']) await put(bench.daemon, '1', { namespace });
    const unwatched = await readsOf(disable('unwatched'));
    const all: ConfigEvent[][] = [];
    for (let i = 0; i < WATCHERS; i++) {
      const request = { namespace: 'ns', name: '', prefix: '', fromRevision: 0 };
      all.push(collect(await bench.daemon.configs.watch(request, watcher())).events);
    }
    await bench.clock.advance(1);
    expect(await readsOf(disable('ns'))).to.equal(unwatched + 1);
    const told = all.map((events) => events.at(-1));
    expect(told[0]).to.have.nested.property('config.document', '1');
    expect(told[0]).to.have.nested.property('config.enabled', false);
    expect(new Set(told).size).to.equal(1);
  });
});
