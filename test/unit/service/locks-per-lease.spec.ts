import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import {
  acquireRequest,
  caller,
  faultOf,
  memoryStore,
  session,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';

const LIMIT = 3;

describe('a lease that holds as many locks as it may', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let daemon: TestDaemon;
  let lease: LeaseId;

  beforeEach(async () => {
    ({ store, clock } = memoryStore());
    daemon = startDaemon(store, clock, { locksPerLease: LIMIT });
    lease = await session(daemon);
    for (let n = 0; n < LIMIT; n++) await acquire(`held${n}`);
  });

  afterEach(() => daemon.stop());

  const acquire = async (name: string, at = daemon): Promise<boolean> => {
    const { acquired } = await at.locks.acquire(acquireRequest(name, { lease }), caller());
    return acquired;
  };

  const token = async (name: string): Promise<number> => {
    const { holders } = await daemon.locks.get(name);
    return holders[0]?.fencingToken ?? 0;
  };

  const release = async (name: string, at = daemon): Promise<boolean> =>
    at.locks.release({ name, lease, fencingToken: await token(name), requestId: '' });

  it('gets no other one, and is told what would help', async () => {
    const fault = await faultOf(acquire('more'));
    expect(fault).to.have.nested.property('details.reason', 'LEASE_LOCKS_LIMIT');
    expect(String(fault)).to.match(/the lease holds 3 locks, .* may hold 3; take others with/);
    expect(String(fault)).to.contain('SHARED_LOCK_LIMIT_LOCKS_PER_LEASE');
    expect((await daemon.locks.get('more')).holders).to.deep.equal([]);
  });

  it('is told all the same that it holds what it holds', async () => {
    expect(await acquire('held1')).to.equal(true);
  });

  it('gets another one for one that it gave back', async () => {
    expect(await release('held0')).to.equal(true);
    expect(await acquire('more')).to.equal(true);
    expect(await faultOf(acquire('even more'))).to.have.property('code', 'RESOURCE_EXHAUSTED');
  });

  it('gets another one for one that was given back at another daemon', async () => {
    const other = startDaemon(store, clock);
    expect(await release('held0', other)).to.equal(true);
    expect(await acquire('more')).to.equal(true);
    await other.stop();
  });

  it('keeps nobody else from having a lock', async () => {
    const { acquired } = await daemon.locks.acquire(acquireRequest('free'), caller());
    expect(acquired).to.equal(true);
  });
});
