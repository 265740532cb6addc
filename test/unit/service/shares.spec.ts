import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { parseLeaseId, type LeaseId } from '../../../src/core/lease-id.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { caller, startDaemon, type TestDaemon } from '../../support/services.js';
import { WaiterPool } from '../../../src/service/lock/queue/waiter-pool.js';
import { WatchPool } from '../../../src/service/watch-pool.js';

function reasonOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!isFault(error, 'RESOURCE_EXHAUSTED')) throw error;
    return error.details.reason;
  }
}

describe('the waiters of a daemon', () => {
  it('leave room for another address, and are told why they are refused', () => {
    const counts: number[] = [];
    const pool = new WaiterPool(10, (count) => counts.push(count));
    const refused = Array.from({ length: 12 }, () => reasonOf(() => pool.enter({ user: 'many' })));
    expect(refused.filter((reason) => reason === undefined)).to.have.lengthOf(8);
    expect(new Set(refused.slice(8))).to.deep.equal(new Set(['WAITER_SHARE']));
    expect(reasonOf(() => pool.enter({ user: 'other' }))).to.equal(undefined);
    // Who has no share, such as a sidecar's own machine.
    expect(reasonOf(() => pool.enter({}))).to.equal(undefined);
    expect(reasonOf(() => pool.enter({}))).to.equal('WAITER_LIMIT');
    pool.leave('many');
    expect(counts.at(-1)).to.equal(9);
    expect(reasonOf(() => pool.enter({ user: 'other' }))).to.equal(undefined);
  });
});

describe('the watches of a daemon', () => {
  it('leave room for another address', () => {
    const pool = new WatchPool(10);
    const leaves = Array.from({ length: 8 }, () => pool.enter({ user: 'many' }));
    expect(reasonOf(() => pool.enter({ user: 'many' }))).to.equal('WATCH_SHARE');
    pool.enter({ user: 'other' });
    leaves[0]?.();
    expect(reasonOf(() => pool.enter({ user: 'many' }))).to.equal('WATCH_SHARE');
    for (const leave of leaves.slice(1)) leave();
    expect(reasonOf(() => pool.enter({ user: 'many' }))).to.equal(undefined);
  });
});

describe('the leases of a store', () => {
  const bare = { key: '', value: '', labels: new Map(), owner: '', ttlMs: 60_000, requestId: '' };
  let clock: VirtualClock;
  let daemon: TestDaemon;

  beforeEach(() => {
    clock = new VirtualClock();
    daemon = startDaemon(new MemoryStore({ clock }), clock, { leases: 20 });
  });

  afterEach(() => daemon.stop());

  async function make(user: string | undefined): Promise<LeaseId | string | undefined> {
    try {
      const outcome = await daemon.leases.create(bare, { ...caller(), user });
      return outcome.acquired ? outcome.grant.leaseId : undefined;
    } catch (error) {
      if (!isFault(error, 'RESOURCE_EXHAUSTED')) throw error;
      return error.details.reason;
    }
  }

  async function makeMany(user: string, count: number): Promise<LeaseId[]> {
    const made: LeaseId[] = [];
    for (let n = 0; n < count; n++) made.push(parseLeaseId((await make(user)) ?? ''));
    return made;
  }

  it('leave room for another address', async () => {
    const made = await makeMany('many', 16);
    expect(await make('many')).to.equal('LEASE_SHARE');
    expect(await make('other')).not.to.equal('LEASE_SHARE');
    for (const lease of made.slice(0, 4)) await daemon.leases.revoke(lease);
    await clock.advance(10_000);
    await makeMany('many', 3);
    expect(await make('many')).to.equal('LEASE_SHARE');
    await makeMany('other', 4);
    expect(await make(undefined)).to.equal('LEASE_LIMIT');
  });

  it('are counted anew where one is refused, not only every 10 s', async () => {
    const made = await makeMany('many', 16);
    await clock.advance(500);
    for (const lease of made) await daemon.leases.revoke(lease);
    await makeMany('other', 4);
    expect(await make(undefined)).to.equal('LEASE_LIMIT');
    await clock.advance(1000);
    // The count that it is refused by is old: the next one is not.
    expect(await make(undefined)).to.equal('LEASE_LIMIT');
    await clock.advance(0);
    expect(await make(undefined)).not.to.equal('LEASE_LIMIT');
  });

  it('count no more when they have lapsed, and on when they are renewed', async () => {
    const made = await makeMany('many', 16);
    await clock.advance(50_000);
    for (const lease of made.slice(0, 12)) await daemon.leases.keepAlive(lease);
    await clock.advance(30_000);
    // Twelve are left; what there is room for is counted every 10 s.
    await makeMany('many', 4);
    expect(await make('many')).to.equal('LEASE_SHARE');
  });
});
