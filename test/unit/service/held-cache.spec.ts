import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { AcquireOutcome } from '../../../src/core/lock.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  acquireRequest as request,
  caller,
  grantOf,
  memoryStore,
  session,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';

describe('HeldCache', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let daemon: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    daemon = startDaemon(store, clock, {}, 2);
  });

  afterEach(async () => {
    await store.close();
  });

  const acquire = (name: string, rest = {}): Promise<AcquireOutcome> =>
    daemon.locks.acquire(request(name, rest), caller());
  const asked = (): string[] => daemon.telemetry.cache.splice(0);

  it('answers a second try on a held lock from memory, with the holder', async () => {
    await acquire('a', { owner: 'holder' });
    await acquire('a');
    expect(asked()).to.deep.equal(['get miss', 'get miss', 'set success']);
    const outcome = await acquire('a');
    expect(asked()).to.deep.equal(['get hit']);
    expect(outcome).to.have.nested.property('holders[0].owner', 'holder');
  });

  it('never hides that the lock was released, expired or taken away', async () => {
    const other = startDaemon(store, clock);
    const ends: ((grant: ReturnType<typeof grantOf>) => Promise<unknown>)[] = [
      ({ leaseId }) =>
        other.locks.release({ name: 'a', lease: leaseId, fencingToken: 0, requestId: '' }),
      () => clock.advance(11_000),
      () =>
        other.locks.forceRelease({ name: 'a', reason: 'stuck', fencingToken: 0, requestId: '' }),
    ];
    for (const end of ends) {
      const grant = grantOf(await acquire('a'));
      await acquire('a');
      await end(grant);
      await clock.advance(1);
      const next = grantOf(await acquire('a'));
      await store.revoke(next.leaseId);
    }
  });

  it('forgets what it has when the way to the store broke', async () => {
    const faulty = new FaultyStore(store);
    daemon = startDaemon(faulty.store, clock, {}, 2);
    const { leaseId } = grantOf(await acquire('a'));
    await acquire('a');
    faulty.holdWatches();
    await store.revoke(leaseId);
    expect(await acquire('a')).to.have.property('acquired', false);
    faulty.interruptWatches();
    expect(await acquire('a')).to.have.property('acquired', true);
  });

  it('is not asked for a session, which may be the holder itself', async () => {
    const lease = await session(daemon);
    await acquire('a', { lease });
    await acquire('a');
    expect(await acquire('a', { lease })).to.have.property('acquired', true);
  });

  it('is not asked for a shared lock, which others may share', async () => {
    await acquire('a', { mode: 'SHARED' });
    await acquire('a');
    expect(await acquire('a')).to.have.property('acquired', false);
    expect(await acquire('a', { mode: 'SHARED' })).to.have.property('acquired', true);
  });

  it('remembers no more locks than it may, and drops the one asked for longest ago', async () => {
    for (const name of ['a', 'b', 'c']) {
      await acquire(name);
      await acquire(name);
    }
    asked();
    for (const name of ['b', 'c', 'a']) await acquire(name);
    const replaced = ['evict success', 'set success'];
    expect(asked()).to.deep.equal(['get hit', 'get hit', 'get miss', ...replaced]);
  });
});
