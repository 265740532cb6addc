import { expect } from 'chai';
import type { Clock } from '../../../src/clock/clock.js';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { Config, GetConfigRequest } from '../../../src/core/config-document.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import type { Limits } from '../../../src/core/limits.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  caller,
  faultOf,
  memoryStore,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';
import { put, requests } from './config-requests.js';

describe('the cache of documents', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let faulty: FaultyStore;
  let daemon: TestDaemon;
  /** Another daemon on the same store. */
  let other: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    other = startDaemon(store, clock);
    restart();
  });

  afterEach(async () => {
    await daemon.stop();
    await store.close();
  });

  const restart = (limits: Partial<Limits> = {}): void => {
    faulty = new FaultyStore(store);
    daemon = startDaemon(faulty.store, clock, limits);
  };

  const get = (rest: Partial<GetConfigRequest> = {}): Promise<Config> =>
    daemon.configs.get(requests.get({ consistency: 'CACHED', ...rest }));

  /** In short: what it is, and from where. */
  const look = async (rest: Partial<GetConfigRequest> = {}): Promise<string> => {
    const { document, cached, ageMs } = await get(rest);
    return `${document}${cached ? ' cached' : ''}${ageMs > 0 ? ` ${ageMs} ms ago` : ''}`;
  };

  /** Reads once, so that the namespace is watched, and what the watch has to tell is told. */
  const warm = async (): Promise<void> => {
    await faultOf(get({ name: 'none' }));
    await settled();
  };

  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('answers from memory what was read before, with its revision', async () => {
    await warm();
    const { revision } = await put(other, '1');
    await settled();
    expect(await get()).to.include({ document: '1', cached: true, ageMs: 0, revision });
  });

  it('does not know at first, then it does', async () => {
    await put(other, '1');
    expect(await look()).to.equal('1');
    await settled();
    expect(await look()).to.equal('1');
    expect(await look()).to.equal('1 cached');
    expect(daemon.telemetry.cache).to.deep.equal([
      'config_get miss',
      'config_get miss',
      'config_get hit',
    ]);
  });

  it('follows what other daemons write, disable and delete', async () => {
    await warm();
    await put(other, '1', { schema: '{"type":"integer"}' });
    await settled();
    expect(await get()).to.include({ cached: true, document: '1', schema: '{"type":"integer"}' });
    await put(other, '2');
    await other.configs.setEnabled({ ...requests.write, enabled: false }, caller());
    await settled();
    expect(await get()).to.include({ cached: true, document: '2', enabled: false, version: 1 });
    await other.configs.delete(requests.delete(), caller());
    await settled();
    faulty.break();
    expect(await faultOf(get())).to.have.property('code', 'NOT_FOUND');
  });

  it('remembers that there is no document', async () => {
    await warm();
    await faultOf(get());
    faulty.break();
    expect(await faultOf(get())).to.have.property('code', 'NOT_FOUND');
  });

  it('answers its own write at once, whatever the watch has told', async () => {
    await warm();
    faulty.holdWatches();
    await put(other, '1');
    await put(daemon, '2');
    expect(await look()).to.equal('2 cached');
    await daemon.configs.patch(requests.patch('3'), caller());
    faulty.releaseWatches();
    expect(await look()).to.equal('3 cached');
    await daemon.configs.delete(requests.delete({ force: true }), caller());
    expect(await faultOf(get())).to.have.property('code', 'NOT_FOUND');
  });

  describe('what was read from the store before a change', () => {
    /** Begins to read, and stops when the store has answered. @returns what goes on, and gives the answer. */
    const readSlowly = async (): Promise<() => Promise<string>> => {
      let proceed = (): void => undefined;
      const paused = new Promise<void>((resolve) => (proceed = resolve));
      faulty.around = async (_, run) => {
        const outcome = await run();
        await paused;
        return outcome;
      };
      const reading = look();
      await settled();
      faulty.mend();
      return () => {
        proceed();
        return reading;
      };
    };

    it('is not kept if the change was heard of meanwhile', async () => {
      await put(other, '1');
      await warm();
      const goOn = await readSlowly();
      await put(other, '2');
      await settled();
      expect(await goOn()).to.equal('1');
      expect(await look()).to.equal('2 cached');
    });

    it('is not kept if the change was heard of, and has made room for others since', async () => {
      restart({ configCacheBytes: 700 });
      await put(other, '1');
      await warm();
      const goOn = await readSlowly();
      await put(other, '2');
      await settled();
      await faultOf(get({ name: 'makes room' }));
      await goOn();
      expect(await look()).to.equal('2');
    });

    it('is not kept if the change was its own, and has made room for others since', async () => {
      restart({ configCacheBytes: 700 });
      await put(other, '1');
      await warm();
      faulty.holdWatches();
      const goOn = await readSlowly();
      await put(daemon, '2');
      await put(daemon, '3', { name: 'makes room' });
      await goOn();
      expect(await look()).to.equal('2');
    });
  });

  it('after an interruption reads from the store until a new watch has begun', async () => {
    await warm();
    await put(other, '1');
    await settled();
    expect(await look()).to.equal('1 cached');
    faulty.holdWatches();
    faulty.interruptWatches();
    await put(other, '2');
    expect(await look()).to.equal('2');
    expect(await look()).to.equal('2');
    faulty.releaseWatches();
    expect(await look()).to.equal('2 cached');
  });

  it('begins a new watch after the store ended the old one', async () => {
    await warm();
    await put(other, '1');
    faulty.endWatches({ reason: 'compacted', compactRevision: 1 });
    await put(other, '2');
    expect(await look()).to.equal('2');
    await clock.advance(1000);
    await settled();
    expect(await look()).to.equal('2');
    expect(await look()).to.equal('2 cached');
  });

  it('says how old it is if it is out of step and the store out of reach', async () => {
    await warm();
    await put(other, '1');
    await settled();
    faulty.holdWatches();
    faulty.interruptWatches();
    await clock.advance(1500);
    faulty.break();
    expect(await look()).to.equal('1 cached 1500 ms ago');
    expect(await faultOf(get({ name: 'none' }))).to.have.property('code', 'UNAVAILABLE');
    faulty.mend();
    expect(await look()).to.equal('1');
  });

  it('is never older than the own last write, out of step or not', async () => {
    await warm();
    await put(daemon, '1');
    faulty.holdWatches();
    faulty.interruptWatches();
    await put(daemon, '2');
    faulty.break();
    expect(await faultOf(get())).to.have.property('code', 'UNAVAILABLE');
  });

  context('when the process was paused', () => {
    let pausedMs: number;
    let ticks = 0;

    beforeEach(async () => {
      pausedMs = 0;
      const sleepy: Clock = {
        // As a real one, it never says the same twice.
        now: () => clock.now() + pausedMs + ++ticks / 1e6,
        wall: () => clock.wall(),
        timer: (delayMs, callback) => clock.timer(delayMs, callback),
      };
      daemon = startDaemon(faulty.store, sleepy);
      await warm();
      await put(other, '1');
      await settled();
      expect(await look()).to.equal('1 cached');
      faulty.holdWatches();
    });

    it('does not vouch for what it knew before', async () => {
      await put(other, '2');
      pausedMs = 60_000;
      expect(await look()).to.equal('2');
    });

    it('counts the age from before, also if the store is heard of first', async () => {
      pausedMs = 60_000;
      faulty.interruptWatches();
      faulty.break();
      expect(await look()).to.match(/^1 cached 60000(\.\d+)? ms ago$/);
    });
  });

  it('keeps so many bytes, and forgets what was read longest ago', async () => {
    restart({ configCacheBytes: 10_000 });
    await warm();
    for (const name of ['a', 'b', 'c']) {
      await put(other, JSON.stringify('x'.repeat(4000)), { name });
      await settled();
    }
    const from = async (name: string): Promise<boolean> => (await get({ name })).cached;
    expect([await from('a'), await from('b'), await from('c')]).to.deep.equal([true, true, false]);
    expect([await from('c'), await from('b'), await from('a')]).to.deep.equal([true, true, false]);
    expect(daemon.telemetry.cache).to.include('config_evict success');
  });

  it('does not keep a document that is larger than all its room', async () => {
    restart({ configCacheBytes: 1000 });
    await put(other, JSON.stringify('x'.repeat(4000)));
    await warm();
    expect((await get()).cached).to.equal(false);
    expect((await get()).cached).to.equal(false);
  });

  it('watches so many namespaces, and none that nobody reads any more', async () => {
    for (let i = 0; i < 120; i++) await faultOf(get({ namespace: `n${i}` }));
    expect(faulty.openWatches).to.equal(100);
    for (let minute = 0; minute < 11; minute++) await clock.advance(60_000);
    expect(faulty.openWatches).to.equal(0);
    await faultOf(get());
    await daemon.stop();
    expect(faulty.openWatches).to.equal(0);
  });

  it('reads from the store what is asked for linearizably', async () => {
    await warm();
    await put(daemon, '1');
    faulty.break();
    expect(await look()).to.equal('1 cached');
    expect(await faultOf(get({ consistency: 'LINEARIZABLE' }))).to.have.property(
      'code',
      'UNAVAILABLE',
    );
  });
});
