import { expect } from 'chai';
import { randomLeaseId } from '../../src/clock/random.js';
import type { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import { absent, exactly } from '../../src/store/store.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { bump, openEtcdStore, settle, versionOf } from '../support/etcd-store.js';
import { until } from '../support/until.js';

const TTL_SECONDS = 4;

describe('a cluster of three etcd members', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let store: EtcdStore;

  before(async () => {
    etcd = await startEtcd({ members: 3 });
  });
  afterEach(async () => {
    etcd.resume();
    await store.close();
    await etcd.start();
  });
  after(() => etcd.dispose());

  it('keeps leases of 4 s alive through a follower while the leader is paused', async () => {
    const leader = await etcd.leader();
    // Only followers, so that the connection itself stays healthy.
    const followers = etcd.endpoints.filter((_, index) => index !== leader);
    store = await openEtcdStore(followers);
    const leases = Array.from({ length: 20 }, () => randomLeaseId());
    await Promise.all(leases.map((lease) => store.grant(lease, TTL_SECONDS)));
    const state = { over: false, lost: 0 };
    const renewing = leases.map(async (lease) => {
      while (!state.over) {
        try {
          if ((await store.renew(lease)) === undefined) state.lost += 1;
        } catch (error) {
          // An election may take longer than a call: no answer says nothing of the lease.
          expect(error).to.have.property('code', 'UNAVAILABLE');
        }
        await new Promise((resolve) => setTimeout(resolve, (TTL_SECONDS * 1000) / 3));
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    etcd.pause(leader);
    await new Promise((resolve) => setTimeout(resolve, 2.5 * TTL_SECONDS * 1000));
    state.over = true;
    await Promise.all(renewing);
    const found = await Promise.all(leases.map((lease) => store.inspectLease(lease)));
    // etcd 3.4 (#12528): once it goes on, the old leader has the new one revoke living leases. So it does not.
    await etcd.kill(leader);
    expect({ ...state, gone: found.filter((lease) => lease === undefined).length }).to.deep.equal({
      over: true,
      lost: 0,
      gone: 0,
    });
  });

  it('serves on when the member that we talk to is killed, and applies each write once', async () => {
    // As long as by default: an election and a restart in a row take a while on a busy machine.
    store = await openEtcdStore(etcd.endpoints, { callTimeoutMs: 5000 });
    let acknowledged = 0;
    const state = { over: false };
    const load = (async () => {
      while (!state.over) {
        const { outcomes, errors } = await settle(
          Array.from({ length: 5 }, () => store.transact(bump('killed'))),
        );
        acknowledged += outcomes.length;
        expect(errors).to.deep.equal([]);
      }
    })();
    for (const member of [0, 1, 2]) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await etcd.kill(member);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await etcd.start(member);
    }
    state.over = true;
    await load;
    expect(await versionOf(store, 'killed')).to.equal(acknowledged);
  });

  it('compares nothing without a quorum: what one member alone knows may be out of date', async () => {
    const [, , last = ''] = etcd.endpoints;
    store = await openEtcdStore([last], { callTimeoutMs: 1000 });
    await store.transact(bump('compared'));
    await Promise.all([etcd.kill(0), etcd.kill(1)]);
    const error: unknown = await store
      .transact({
        resource: 'compared',
        compare: [absent(exactly('compared'))],
        then: [],
        else: [],
      })
      .catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'UNAVAILABLE');
  });

  it('is not ready without a quorum, and ready again with one', async () => {
    store = await openEtcdStore(etcd.endpoints, { callTimeoutMs: 1000 });
    await store.transact(bump('quorum'));
    await Promise.all([etcd.kill(0), etcd.kill(1)]);
    await until('not ready', () => !store.health.ready, 15_000);
    const error: unknown = await store.transact(bump('quorum')).catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'UNAVAILABLE');
    await Promise.all([etcd.start(0), etcd.start(1)]);
    await until('ready', () => store.health.ready, 5000);
    await until('writes', () => store.transact(bump('quorum')).then(() => true), 5000);
  });
});
