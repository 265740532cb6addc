import { expect } from 'chai';
import { randomLeaseId } from '../../src/clock/random.js';
import type { LeaseId } from '../../src/core/lease-id.js';
import type { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import { exactly, prefixed } from '../../src/store/store.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { bump, openEtcdStore, settle, versionOf } from '../support/etcd-store.js';
import { until } from '../support/until.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const LANES = '/shared-lock.v1/daemon/lane/';

describe('an etcd that refuses a write', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let store: EtcdStore;

  beforeEach(async () => {
    etcd = await startEtcd({ args: [`--quota-backend-bytes=${16 * 1024 * 1024}`] });
    store = await openEtcdStore(etcd.endpoints);
  });
  afterEach(async () => {
    await store.close();
    await etcd.dispose();
  });

  /** The lease of the daemon's own keys. */
  async function daemonLease(): Promise<LeaseId> {
    const { entries } = await store.read({ range: prefixed(LANES) });
    const lease = entries.find((entry) => entry.lease !== undefined)?.lease;
    if (lease === undefined) throw new Error('no lane has a lease');
    return lease;
  }

  async function fill(): Promise<{ acknowledged: number; refusals: readonly unknown[] }> {
    // Many at once: etcd lets them in together, and finds as it applies them that they are too many.
    const value = 'x'.repeat(256 * 1024);
    let acknowledged = 0;
    for (let round = 0; round < 20; round++) {
      const { outcomes, errors } = await settle(
        Array.from({ length: 30 }, () => store.transact(bump('full', value))),
      );
      acknowledged += outcomes.length;
      if (errors.length > 0) return { acknowledged, refusals: errors };
    }
    return { acknowledged, refusals: [] };
  }

  it('since the lease of the daemon has ended, takes it after that was renewed', async () => {
    await store.transact(bump('own'));
    const before = await daemonLease();
    await store.revoke(before);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => store.transact(bump('own'))),
    );
    expect(outcomes).to.have.length(10);
    expect(await versionOf(store, 'own')).to.equal(11);
    expect(await daemonLease()).to.not.equal(before);
  });

  it('since the lease of the caller has ended, says so, and applies nothing', async () => {
    const error: unknown = await store
      .transact({
        resource: 'x',
        compare: [],
        then: [
          { kind: 'put', key: 'x', value: '' },
          { kind: 'put', key: 'y', value: '', lease: randomLeaseId() },
        ],
        else: [],
      })
      .catch((reason: unknown) => reason);
    expect(error).to.have.nested.property('details.reason', 'LEASE_NOT_FOUND');
    expect(await versionOf(store, 'x')).to.equal(0);
  });

  it('since both have ended, says that the lease of the caller has', async () => {
    await store.transact(bump('both'));
    await store.revoke(await daemonLease());
    const put = { kind: 'put', key: 'both', value: '', lease: randomLeaseId() } as const;
    const error: unknown = await store
      .transact({ resource: 'both', compare: [], then: [put], else: [] })
      .catch((reason: unknown) => reason);
    expect(error).to.have.nested.property('details.reason', 'LEASE_NOT_FOUND');
  });

  it('since it is too large, says so', async () => {
    const error: unknown = await store
      .transact(bump('large', 'x'.repeat(2 * 1024 * 1024)))
      .catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'RESOURCE_EXHAUSTED');
    expect(error).to.have.nested.property('details.reason', 'REQUEST_TOO_LARGE');
    await store.transact(bump('large', 'small'));
  });

  it('after one was applied unheard, and the lease of the daemon ended, never says "not applied"', async () => {
    const proxy = await TcpProxy.start(etcd.endpoints[0] ?? '');
    await store.transact(bump('own'));
    const others = (await store.read({ range: prefixed(LANES) })).entries.length;
    let revoked: Promise<unknown> | undefined;
    const cut = await openEtcdStore([proxy.endpoint], {
      observe: (operation, _seconds, ok) => {
        // To bar the write takes space; the next thing that it tries is to drop its marker.
        if (operation === 'settle' && !ok) revoked ??= store.revoke(lease);
      },
    });
    await cut.transact(bump('warm'));
    const lanes = (await store.read({ range: prefixed(LANES), order: 'create' })).entries;
    const lease = lanes[others]?.lease ?? randomLeaseId();
    proxy.hold('toClient');
    const write = cut.transact(bump('unheard')).catch((reason: unknown) => reason);
    await until('applied', async () => (await versionOf(store, 'unheard')) === 1);
    await fill();
    proxy.cut();
    proxy.heal();
    const error = await write;
    expect(await revoked, 'the lease ended in between').to.equal(true);
    expect(error).to.have.property('code', 'UNAVAILABLE');
    expect(error).to.have.property('message').that.includes('not known');
    await cut.close();
    await proxy.dispose();
  });

  it('since it has no space left, says so, and has applied what it acknowledged', async () => {
    const { acknowledged, refusals } = await fill();
    expect(refusals).to.not.have.length(0);
    for (const refusal of refusals) {
      expect(refusal).to.have.property('code', 'RESOURCE_EXHAUSTED');
      expect(refusal).to.have.nested.property('details.reason', 'NO_SPACE');
    }
    const { entries, revision } = await store.read({ range: exactly('full') });
    expect(entries[0]?.version).to.equal(acknowledged);
    // What its message tells the operator to do helps.
    await etcd.compact(revision);
    await etcd.ctl(['defrag']);
    await etcd.ctl(['alarm', 'disarm']);
    await store.transact(bump('full'));
    expect(await versionOf(store, 'full')).to.equal(acknowledged + 1);
  });
});
