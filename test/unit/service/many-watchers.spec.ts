import { expect } from 'chai';
import type { ConfigEvent } from '../../../src/core/config-document.js';
import { unavailable } from '../../../src/core/errors.js';
import { keyLayout } from '../../../src/core/keys.js';
import type { LockEvent } from '../../../src/core/lock.js';
import { ConfigChanges } from '../../../src/service/config/changes.js';
import { HolderLookup } from '../../../src/service/lock/watch/holder-lookup.js';
import { exactly } from '../../../src/store/store.js';
import { caller, collect, faultOf, faultyBench } from '../../support/services.js';
import { put, requests } from './config-requests.js';

const WATCHERS = 20;
const LAYOUT = keyLayout('/shared-lock/');

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
      bench.daemon.configs.setEnabled({ ...requests.write, namespace, enabled: false }, caller());
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

  context('when the store did not answer the first of them', () => {
    const failing = async (look: () => Promise<unknown>): Promise<unknown> => {
      bench.faulty.onRead = () => {
        throw unavailable('not now');
      };
      const fault = await faultOf(look());
      bench.faulty.onRead = undefined;
      return fault;
    };

    it('are told by the next look who took a lock', async () => {
      await bench.acquire('a', { owner: 'one' });
      const { lock: keys } = LAYOUT;
      const [held] = (await bench.store.read({ range: exactly(keys.held('a')) })).entries;
      if (held === undefined) throw new Error('it is not held');
      const holders = new HolderLookup({ store: bench.faulty.store, clock: bench.clock, keys });
      const look = () => holders.find('a', held);
      expect(await failing(look)).to.have.property('code', 'UNAVAILABLE');
      expect(await look()).to.have.property('owner', 'one');
    });

    it('are told by the next look of a document', async () => {
      await put(bench.daemon, '1');
      const { head } = LAYOUT.configs('ns');
      const [entry] = (await bench.store.read({ range: exactly(head('app')) })).entries;
      if (entry === undefined) throw new Error('there is no document');
      const changes = new ConfigChanges({ store: bench.faulty.store, layout: LAYOUT });
      const [change] = changes.in('ns', [{ kind: 'put', entry }]);
      if (change === undefined) throw new Error('nothing changed');
      const look = () => changes.told('ns', change, entry.modRevision);
      expect(await failing(look)).to.have.property('code', 'UNAVAILABLE');
      expect(await look()).to.have.nested.property('config.document', '1');
    });
  });
});
