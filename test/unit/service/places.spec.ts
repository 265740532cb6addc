import { expect } from 'chai';
import { keyLayout } from '../../../src/core/keys.js';
import { DaemonLeases } from '../../../src/service/daemon-leases.js';
import { Places } from '../../../src/service/lock/places.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { keysBelow, memoryStore } from '../../support/services.js';

const QUEUE = '/shared-lock.v1/queue/';

describe('Places', () => {
  it('are looked at again if one was abandoned while it looked at the others', async () => {
    const { store, clock } = memoryStore();
    const faulty = new FaultyStore(store);
    const leases = new DaemonLeases(store, clock, 3_600_000);
    const places = new Places(faulty.store, clock, keyLayout(), leases);
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
