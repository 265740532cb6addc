import { expect } from 'chai';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  acquireRequest,
  caller,
  grantOf,
  memoryStore,
  startDaemon,
} from '../../support/services.js';
import { LikelyHeld } from '../../../src/service/lock/state/likely-held.js';

describe('A lock that is tried again and again', () => {
  it('costs no lease while it is held, and is had as soon as it is free', async () => {
    const { store, clock } = memoryStore();
    const faulty = new FaultyStore(store);
    const daemon = startDaemon(faulty.store, clock);
    const attempt = () => daemon.locks.acquire(acquireRequest('a', { owner: 'me' }), caller());
    const first = grantOf(await attempt());
    await attempt();
    faulty.grants = 0;
    for (let tries = 0; tries < 3; tries++) {
      expect(await attempt()).to.have.nested.property('holders[0].owner', 'me');
    }
    expect(faulty.grants).to.equal(0);
    await store.revoke(first.leaseId);
    expect(grantOf(await attempt()).fencingToken).to.be.greaterThan(first.fencingToken);
    await store.close();
  });
});

describe('LikelyHeld', () => {
  it('forgets the name that was seen longest ago when there are too many', () => {
    const taken = new LikelyHeld();
    taken.add('seen again');
    taken.add('seen once');
    for (let number = 0; number < 9_998; number++) taken.add(`other-${number}`);
    taken.add('seen again');
    taken.add('one more');
    expect(taken.has('seen again')).to.equal(true);
    expect(taken.has('seen once')).to.equal(false);
  });
});
