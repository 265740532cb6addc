import { expect } from 'chai';
import { randomLeaseId } from '../../src/clock/random.js';
import { SystemClock } from '../../src/clock/system-clock.js';
import type { LeaseId } from '../../src/core/lease-id.js';
import type { Grant } from '../../src/core/lock.js';
import type { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import { createdAt, exactly, type Transaction } from '../../src/store/store.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { bump, openEtcdStore, settle } from '../support/etcd-store.js';
import {
  acquireRequest,
  caller,
  faultOf,
  grantOf,
  session,
  startDaemon,
  type TestDaemon,
} from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

describe('an etcd that has no space left', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let proxy: TcpProxy;
  let store: EtcdStore;
  let daemon: TestDaemon;

  beforeEach(async () => {
    etcd = await startEtcd({ args: [`--quota-backend-bytes=${16 * 1024 * 1024}`] });
    proxy = await TcpProxy.start(etcd.endpoints[0] ?? '');
    store = await openEtcdStore([proxy.endpoint]);
    daemon = startDaemon(store, new SystemClock());
  });
  afterEach(async () => {
    await daemon.stop();
    await store.close();
    await proxy.dispose();
    await etcd.dispose();
  });

  async function fill(): Promise<void> {
    const value = 'x'.repeat(256 * 1024);
    for (let round = 0; round < 20; round++) {
      const puts = Array.from({ length: 30 }, () => store.transact(bump('full', value)));
      if ((await settle(puts)).errors.length > 0) return;
    }
    throw new Error('etcd was not filled');
  }

  /** What its message tells the operator to do. */
  async function makeRoom(): Promise<void> {
    const { revision } = await store.read({ range: exactly('full') });
    await etcd.compact(revision);
    await etcd.ctl(['defrag']);
    await etcd.ctl(['alarm', 'disarm']);
  }

  const acquire = async (name: string, lease?: LeaseId): Promise<Grant> =>
    grantOf(
      await daemon.locks.acquire(
        acquireRequest(name, lease === undefined ? { ttlMs: 60_000 } : { lease }),
        caller(),
      ),
    );
  const holders = async (name: string): Promise<number> =>
    (await daemon.locks.get(name)).holders.length;
  const release = (name: string, lease: LeaseId, requestId = ''): Promise<boolean> =>
    daemon.locks.release({ name, lease, fencingToken: 0, requestId });

  it('lets locks be released, forced free and revoked, and leases renewed', async () => {
    const [own, forced, revoked, shared] = [
      await acquire('own'),
      await acquire('forced'),
      await acquire('revoked'),
      await acquire('shared', await session(daemon, 60_000)),
    ];
    await fill();
    expect(await faultOf(acquire('more'))).to.have.nested.property('details.reason', 'NO_SPACE');
    expect(await daemon.leases.keepAlive(own.leaseId)).to.be.at.least(60);
    expect(await release('own', own.leaseId, 'r1')).to.equal(true);
    expect(await release('own', own.leaseId, 'r2'), 'nobody has it').to.equal(false);
    expect(await release('shared', shared.leaseId)).to.equal(true);
    const request = { name: 'forced', reason: 'stuck', fencingToken: 0, requestId: 'r3' };
    expect(await daemon.locks.forceRelease(request)).to.have.property('released', true);
    expect(await daemon.leases.revoke(revoked.leaseId)).to.equal(true);
    for (const name of ['own', 'forced', 'revoked', 'shared']) {
      expect(await holders(name), name).to.equal(0);
    }
    expect(forced.fencingToken).to.be.above(0);

    await makeRoom();
    for (const name of ['own', 'forced', 'revoked', 'shared']) await acquire(name);
    // Requests are recorded again, although the lease for records could not be granted meanwhile.
    const again = await acquire('again');
    expect(await release('again', again.leaseId, 'r4')).to.equal(true);
    expect(await release('again', again.leaseId, 'r4'), 'the same request').to.equal(true);
  });

  it('lets waiters leave', async () => {
    const { leaseId } = await acquire('busy');
    const leaving = Array.from({ length: 40 }, () => new AbortController());
    const waits = leaving.map(({ signal }) =>
      daemon.locks
        .acquire(acquireRequest('busy', { waitMs: 60_000 }), caller(signal))
        .catch((error: unknown) => error),
    );
    const queued = async (): Promise<number> =>
      (
        await store.read({
          range: { from: '/shared-lock.v1/queue/', to: '/shared-lock.v1/queue0' },
        })
      ).count;
    await until('all wait', async () => (await queued()) === waits.length);
    await fill();
    for (const each of leaving) each.abort();
    await Promise.all(waits);
    await until('all have left', async () => (await queued()) === 0);
    expect(await release('busy', leaseId)).to.equal(true);
  });

  describe('and whose answer to what frees is lost', () => {
    const end = (key: string, revision: number): Transaction => ({
      resource: key,
      frees: true,
      compare: [createdAt(key, revision)],
      then: [
        { kind: 'read', range: exactly(key) },
        { kind: 'delete', range: exactly(key) },
        { kind: 'put', key: `${key} was ended`, value: '' },
      ],
      else: [],
    });

    it('says that it was done, once it was', async () => {
      const { revision } = await store.transact(bump('it', 'value'));
      await fill();
      let looks = 0;
      const cutting = await openEtcdStore([proxy.endpoint], {
        observe: (operation) => {
          if (operation === 'read' && looks++ === 0) proxy.hold('toClient');
        },
      });
      const ended = cutting.transact(end('it', revision));
      await until('it is gone', async () => {
        const { count } = JSON.parse(await etcd.ctl(['get', 'it', '--write-out=json'])) as {
          count?: number;
        };
        return count === undefined;
      });
      proxy.cut();
      proxy.heal();
      const outcome = await ended;
      expect(outcome.succeeded).to.equal(true);
      expect(outcome.results.map(({ kind }) => kind)).to.deep.equal(['read', 'delete', 'put']);
      expect(outcome.results[0]).to.have.nested.property('entries[0].value', 'value');
      await cutting.close();
    });
  });

  it('attaches nothing to a lease that it could not grant', async () => {
    await fill();
    const lease = randomLeaseId();
    expect(await faultOf(store.grant(lease, 10))).to.have.property('code', 'RESOURCE_EXHAUSTED');
    expect(await store.grant(lease, 10, { frees: true })).to.equal(10);
    expect(await store.inspectLease(lease)).to.equal(undefined);
  });
});
