import { expect } from 'chai';
import { Fault } from '../../../src/core/errors.js';
import type { CreateLeaseRequest, LeaseView } from '../../../src/core/lease.js';
import type { AcquireOutcome } from '../../../src/core/lock.js';
import {
  caller,
  faultOf,
  faultyBench,
  grantOf,
  keysBelow,
  serviceBench,
  session,
  startDaemon,
  UNKNOWN_LEASE,
} from '../../support/services.js';

describe('LeaseService', () => {
  const bench = serviceBench();

  const create = (rest: Partial<CreateLeaseRequest> = {}): Promise<AcquireOutcome> =>
    bench.daemon.leases.create(
      {
        key: '',
        value: '',
        labels: new Map(),
        owner: '',
        ttlMs: undefined,
        requestId: '',
        ...rest,
      },
      caller(),
    );

  it('creates a session', async () => {
    const grant = grantOf(await create({ ttlMs: 2500 }));
    expect(grant).to.include({ fencingToken: 0, ttlSeconds: 3 });
    expect(await bench.daemon.leases.keepAlive(grant.leaseId)).to.equal(3);
  });

  it('creates a lease and the lock of its key in one step', async () => {
    const grant = grantOf(await create({ key: 'k', value: 'v', owner: 'me' }));
    expect((await bench.daemon.locks.get('k')).holders[0]).to.include({
      owner: 'me',
      value: 'v',
      fencingToken: grant.fencingToken,
    });
  });

  it('answers with the holder if the key is taken', async () => {
    await create({ key: 'k', owner: 'first' });
    const outcome = await create({ key: 'k' });
    expect(outcome).to.have.nested.property('holders[0].owner', 'first');
  });

  it('renews for the full TTL, and never revives', async () => {
    const lease = await session(bench.daemon, 5000);
    await bench.clock.advance(4000);
    expect(await bench.daemon.leases.keepAlive(lease)).to.equal(5);
    await bench.clock.advance(4900);
    expect((await bench.daemon.leases.get(lease)).remainingTtlSeconds).to.be.closeTo(0.1, 0.01);
    await bench.clock.advance(300);
    expect(await faultOf(bench.daemon.leases.keepAlive(lease))).to.have.property(
      'code',
      'NOT_FOUND',
    );
  });

  it('does not revive a lease whose time passed while the process was stopped', async () => {
    const lease = await session(bench.daemon, 5000);
    const stalled = bench.clock.stall(6000);
    expect(await faultOf(bench.daemon.leases.keepAlive(lease))).to.have.property(
      'code',
      'NOT_FOUND',
    );
    await stalled;
  });

  it('revokes with all that the lease holds, once', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease });
    expect(await bench.daemon.leases.revoke(lease)).to.equal(true);
    expect(await bench.daemon.leases.revoke(lease)).to.equal(false);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(0);
  });

  it('counts what it ends in the time that locks are held', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease, value: '{"acquiredAtMs":1}' });
    await bench.acquire('b', { lease, mode: 'SHARED' });
    await bench.clock.advance(2000);
    await bench.daemon.leases.revoke(lease);
    expect(bench.daemon.telemetry.heldSeconds).to.deep.equal([2, 2]);
  });

  it('counts holders of every mode', async () => {
    await bench.acquire('a', { ttlMs: 60_000 });
    await bench.acquire('b', { mode: 'SHARED', ttlMs: 60_000 });
    await bench.acquire('b', { mode: 'SHARED', ttlMs: 60_000 });
    await bench.acquire('c', { limit: 3, ttlMs: 60_000 });
    await bench.clock.advance(10_000);
    expect(bench.daemon.telemetry.holders).to.equal(4);
  });

  it('tells what a lease holds', async () => {
    const lease = await session(bench.daemon, 7000);
    await bench.acquire('a/b', { lease });
    await bench.acquire('c/d', { lease, mode: 'SHARED' });
    await bench.acquire('e', { lease, limit: 2 });
    const view = await bench.daemon.leases.get(lease);
    expect(view.ttlSeconds).to.equal(7);
    expect(view.holds).to.have.deep.members([
      { name: 'a/b', mode: 'EXCLUSIVE' },
      { name: 'c/d', mode: 'SHARED' },
      { name: 'e', mode: 'SEMAPHORE' },
    ]);
    expect(await faultOf(bench.daemon.leases.get(UNKNOWN_LEASE))).to.have.property(
      'code',
      'NOT_FOUND',
    );
  });

  it('creates one lease for one request id', async () => {
    const first = grantOf(await create({ requestId: 'r' }));
    expect(grantOf(await create({ requestId: 'r' }))).to.deep.equal(first);
    await bench.clock.advance(1);
    expect(await keysBelow(bench.store, '/shared-lock.v1/lease/')).to.have.length(1);
    expect(await faultOf(create({ requestId: 'r', owner: 'x' }))).to.have.property(
      'code',
      'ALREADY_EXISTS',
    );
  });

  it('forgets a request id after its retention', async () => {
    const first = grantOf(await create({ requestId: 'r' }));
    await bench.clock.advance(2 * 3_600_000);
    expect(grantOf(await create({ requestId: 'r' })).leaseId).not.to.equal(first.leaseId);
  });

  it('refuses more leases than allowed', async () => {
    bench.daemon = startDaemon(bench.store, bench.clock, { leases: 3 });
    for (let i = 0; i < 3; i++) await create();
    const fault = await faultOf(create());
    expect(fault).to.have.nested.property('details.reason', 'LEASE_LIMIT');
    await bench.clock.advance(60_000);
    expect(await create()).to.have.property('acquired', true);
  });

  it('takes no new leases when it drains, but renews', async () => {
    const lease = await session(bench.daemon);
    bench.daemon.drain();
    expect(await faultOf(create())).to.have.property('code', 'UNAVAILABLE');
    expect(await bench.daemon.leases.keepAlive(lease)).to.equal(10);
  });

  it('refuses a value without a key', async () => {
    expect(await faultOf(create({ value: 'v' }))).to.have.nested.property('details.field', 'value');
  });

  it('counts what it does', async () => {
    const lease = await session(bench.daemon);
    await create({ key: 'k' });
    await create({ key: 'k' });
    await bench.daemon.leases.keepAlive(lease);
    await faultOf(bench.daemon.leases.keepAlive(UNKNOWN_LEASE));
    expect(bench.daemon.telemetry.operations).to.deep.equal([
      'create success',
      'create success',
      'create held',
      'renew success',
      'renew not_found',
    ]);
  });

  describe('list', () => {
    async function listAll(pageSize: number, rest = {}): Promise<LeaseView[]> {
      const leases: LeaseView[] = [];
      let pageToken = '';
      do {
        const page = await bench.daemon.leases.list(
          {
            pageSize,
            pageToken,
            selectors: new Map(),
            owner: '',
            ...rest,
          },
          caller(),
        );
        leases.push(...page.leases);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      return leases;
    }

    it('finds every lease once, oldest first, however small the pages', async () => {
      for (let i = 0; i < 7; i++) await create({ owner: `o${i}` });
      for (const size of [1, 2, 3, 7, 100]) {
        const owners = (await listAll(size)).map((lease) => lease.owner);
        expect(owners).to.deep.equal(['o0', 'o1', 'o2', 'o3', 'o4', 'o5', 'o6']);
      }
    });

    it('reads no more than a page for whatever token', async () => {
      const page = { pageSize: 1, selectors: new Map(), owner: '' };
      for (const pageToken of ['1.999999', '1', 'x.1', '-1.0']) {
        const fault = await faultOf(bench.daemon.leases.list({ ...page, pageToken }, caller()));
        expect(fault).to.have.nested.property('details.field', 'page_token');
      }
    });

    it('never shows a lease ID, not even in a page token', async () => {
      const ids = [];
      for (let i = 0; i < 3; i++) ids.push(grantOf(await create({ key: `k${i}` })).leaseId);
      const page = await bench.daemon.leases.list(
        {
          pageSize: 2,
          pageToken: '',
          selectors: new Map(),
          owner: '',
        },
        caller(),
      );
      const shown = JSON.stringify(page) + decodeURIComponent(page.nextPageToken);
      for (const id of ids) expect(shown).not.to.contain(id);
    });

    it('filters by owner and labels', async () => {
      await create({ owner: 'a', labels: new Map([['env', 'prod']]) });
      await create({ owner: 'b' });
      expect(await listAll(10, { owner: 'b' })).to.have.length(1);
      expect(await listAll(10, { selectors: new Map([['env', 'prod']]) })).to.have.length(1);
      expect(await listAll(10, { selectors: new Map([['env', 'test']]) })).to.have.length(0);
    });
  });
});

describe('LeaseService, when the store does not grant a lease', () => {
  const bench = faultyBench();

  it('says why', async () => {
    bench.faulty.onGrant = () => {
      throw new Fault('RESOURCE_EXHAUSTED', 'no space', { reason: 'NO_SPACE' });
    };
    const refused = faultOf(session(bench.daemon));
    await bench.clock.advance(10_000);
    expect(await refused).to.have.nested.property('details.reason', 'NO_SPACE');
  });
});
