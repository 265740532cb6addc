import { expect } from 'chai';
import { LISTED_BYTES, SHOWN_BYTES } from '../../../src/core/answer-size.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import {
  acquireRequest,
  caller,
  memoryStore,
  session,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';

const LOCKS = 1100;
const NAME_BYTES = 1000;
const LIST = { pageSize: 0, pageToken: '', selectors: new Map<string, string>(), owner: '' };

describe('a lease that holds more locks than an answer shows', () => {
  let daemon: TestDaemon;
  let lease: LeaseId;

  before(async () => {
    const { store, clock } = memoryStore();
    daemon = startDaemon(store, clock);
    lease = await session(daemon);
    for (let n = 0; n < LOCKS; n++) {
      const name = String(n).padStart(NAME_BYTES, '0');
      const mode = n % 2 === 0 ? 'EXCLUSIVE' : 'SHARED';
      await daemon.locks.acquire(acquireRequest(name, { lease, mode }), caller());
    }
  });

  after(() => daemon.stop());

  it('shows the first of them, and how many there are', async () => {
    const { holds, holdCount, leadCount } = await daemon.leases.get(lease);
    expect(holdCount).to.equal(LOCKS);
    expect(leadCount).to.equal(0);
    expect(holds.length).to.be.within(1000, SHOWN_BYTES / NAME_BYTES);
  });

  it('shows fewer in a list, of which a page has many leases', async () => {
    const { leases } = await daemon.leases.list(LIST, caller());
    expect(leases[0]?.holdCount).to.equal(LOCKS);
    expect(leases[0]?.holds.length).to.be.within(30, LISTED_BYTES / NAME_BYTES);
  });
});
