import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import { keyLayout } from '../../../src/core/keys.js';
import { DaemonLeases } from '../../../src/service/daemon-leases.js';
import { LocalPlaces } from '../../../src/service/lock/queue/local-places.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  acquireRequest,
  caller,
  faultyBench,
  keysBelow,
  memoryStore,
  serviceBench,
} from '../../support/services.js';

const QUEUE = '/shared-lock.v1/queue/';

describe('LocalPlaces', () => {
  it('are looked at again if one was abandoned while it looked at the others', async () => {
    const { store, clock } = memoryStore();
    const faulty = new FaultyStore(store);
    const leases = new DaemonLeases(store, clock, 3_600_000);
    const places = new LocalPlaces(faulty.store, clock, keyLayout(), leases);
    const lease = await leases.queue();
    const key = `${QUEUE}a/late`;
    places.add(key);
    places.abandon(`${QUEUE}a/first`);
    // The last look for the first one: the other one's put is applied after it.
    await clock.advance(29_000);
    faulty.onInspect = async () => {
      faulty.onInspect = undefined;
      places.abandon(key);
      const put = { kind: 'put' as const, key, value: '', lease };
      await store.transact({ resource: key, compare: [], then: [put], else: [] });
    };
    await clock.advance(60_000);
    expect(await keysBelow(store, QUEUE)).to.deep.equal([]);
    places.stop();
    await leases.stop();
    await store.close();
  });
});

describe('A place that went before anybody stood behind it', () => {
  const bench = serviceBench();

  it('is told of at once', async () => {
    const leases = new DaemonLeases(bench.store, bench.clock, 3_600_000);
    const places = new LocalPlaces(bench.store, bench.clock, keyLayout(), leases);
    const key = `${QUEUE}a/1`;
    places.add(key);
    places.remove(key);
    let told = 0;
    const forget = places.follow(key, () => told++);
    expect(told).to.equal(1);
    forget();
    places.add(key);
    places.remove(key);
    expect(told).to.equal(1);
  });
});

describe('a crowd of waiters that leaves at once', () => {
  const CROWD = 200;
  const bench = faultyBench();

  /** Those who wait for `a`, and how all of them leave. */
  async function crowd(): Promise<{ leave(): Promise<unknown> }> {
    await bench.acquire('a');
    const gone = new AbortController();
    const request = acquireRequest('a', { waitMs: 60_000 });
    const all = Array.from({ length: CROWD }, () => {
      return bench.daemon.locks.acquire(request, caller(gone.signal)).catch(() => undefined);
    });
    await bench.clock.advance(1);
    expect(await keysBelow(bench.store, QUEUE)).to.have.length(CROWD);
    return {
      leave: () => {
        gone.abort();
        return Promise.all(all);
      },
    };
  }

  it('costs few writes', async () => {
    const { leave } = await crowd();
    let writes = 0;
    bench.faulty.around = (_, run) => {
      writes++;
      return run();
    };
    await leave();
    expect(writes).to.be.at.most(CROWD / 32 + 2);
    expect(await keysBelow(bench.store, QUEUE)).to.deep.equal([]);
    expect(bench.daemon.telemetry.waiting).to.equal(0);
  });

  it('is told soon if the store does not answer, however many leave', async () => {
    const { leave } = await crowd();
    bench.faulty.around = async () => {
      await new Promise<void>((resolve) => void bench.clock.timer(300, resolve));
      throw unavailable('etcd is out of reach');
    };
    let told = false;
    const left = leave().then(() => (told = true));
    await bench.clock.advance(400);
    expect(told).to.equal(true);
    bench.faulty.mend();
    await left;
    await bench.clock.advance(1000);
    expect(await keysBelow(bench.store, QUEUE)).to.deep.equal([]);
  });

  it('is taken out later, with few writes too, if the store does not answer', async () => {
    const { leave } = await crowd();
    let writes = 0;
    bench.faulty.around = () => Promise.reject(unavailable('etcd does not answer'));
    await leave();
    expect(await keysBelow(bench.store, QUEUE)).to.have.length(CROWD);
    bench.faulty.around = (_, run) => {
      writes++;
      return run();
    };
    await bench.clock.advance(1000);
    expect(writes).to.be.at.most(CROWD / 32 + 1);
    expect(await keysBelow(bench.store, QUEUE)).to.deep.equal([]);
  });
});
