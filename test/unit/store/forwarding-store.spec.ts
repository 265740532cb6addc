import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { ObservedStore } from '../../../src/daemon/observed-store.js';
import { LeaseOwners } from '../../../src/service/lease/lease-owners.js';
import { LeaseWatchingStore } from '../../../src/service/lease/lease-watching-store.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';
import { newLeaseId } from '../../contract/subject.js';

const clock = new SystemClock();

/** Both are between a service and its engine. */
const FORWARDING: Readonly<Record<string, (inner: Store) => Store>> = {
  LeaseWatchingStore: (inner) => new LeaseWatchingStore(inner, new LeaseOwners(clock, 100)),
  ObservedStore: (inner) => new ObservedStore(inner, clock, createMetrics('1.2.3')),
};

for (const [name, wrap] of Object.entries(FORWARDING)) {
  describe(name, () => {
    let inner: MemoryStore;
    beforeEach(() => {
      inner = new MemoryStore({ clock });
    });
    afterEach(() => inner.close());

    it('passes on all that is asked: that a lease is for what frees, too', async () => {
      const asked: unknown[][] = [];
      const grant = inner.grant.bind(inner);
      inner.grant = (...args) => {
        asked.push(args);
        return grant(...args);
      };
      const id = newLeaseId();
      expect(await wrap(inner).grant(id, 10, { frees: true })).to.equal(10);
      expect(asked).to.deep.equal([[id, 10, { frees: true }]]);
    });

    it('asks for the keys of a lease if that is asked', async () => {
      const store = wrap(inner);
      const id = newLeaseId();
      await store.grant(id, 10);
      expect(await store.inspectLease(id, { keys: true })).to.have.property('keys');
      expect(await store.revoke(id)).to.equal(true);
      expect(await store.renew(id)).to.equal(undefined);
    });
  });
}
