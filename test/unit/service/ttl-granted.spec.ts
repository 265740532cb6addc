import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { AcquireOutcome, Grant } from '../../../src/core/lock.js';
import { campaign, elected } from '../../support/election-bench.js';
import { caller, faultOf, faultyBench, grantOf, keysBelow } from '../../support/services.js';

const ASKED = { ttlMs: 1000 };

describe('The TTL that is answered, of a store that grants at least 2 s', () => {
  const bench = faultyBench();

  beforeEach(() => {
    bench.faulty.leastTtlSeconds = 2;
  });

  const create = (key: string, requestId = ''): Promise<AcquireOutcome> =>
    bench.daemon.leases.create(
      { key, value: '', labels: new Map(), owner: '', requestId, ...ASKED },
      caller(),
    );

  const records = async (): Promise<unknown[]> => {
    const { entries } = await bench.store.read({
      range: { from: '/shared-lock.v1/lease/', to: '/shared-lock.v1/lease0' },
    });
    return entries.map(({ value }) => (JSON.parse(value) as { ttlSeconds: unknown }).ttlSeconds);
  };

  const kinds: Record<string, () => Promise<Grant>> = {
    'a lock': async () => grantOf(await bench.acquire('a', ASKED)),
    'a shared lock': async () => grantOf(await bench.acquire('a', { ...ASKED, mode: 'SHARED' })),
    'an election': async () => elected(await campaign(bench.daemon, 'one', ASKED)),
    'a lease': async () => grantOf(await create('')),
    'a lease with a key': async () => grantOf(await create('a')),
  };

  for (const [kind, take] of Object.entries(kinds)) {
    it(`is the granted one, of ${kind}`, async () => {
      const grant = await take();
      expect(grant.ttlSeconds).to.equal(2);
      expect(await bench.daemon.leases.keepAlive(grant.leaseId)).to.equal(2);
      expect(await records()).to.deep.equal([2]);
    });
  }

  it('is the same when the request is repeated', async () => {
    const first = grantOf(await bench.acquire('a', { ...ASKED, requestId: 'r1' }));
    expect(grantOf(await bench.acquire('a', { ...ASKED, requestId: 'r1' }))).to.deep.equal(first);
    const lease = grantOf(await create('', 'r2'));
    expect(grantOf(await create('', 'r2'))).to.deep.equal(lease);
  });

  it('is the granted one of a lock that was waited for', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    const waiting = bench.acquire('a', { ...ASKED, waitMs: 60_000 });
    await bench.clock.advance(10);
    await bench.release('a', leaseId);
    expect(grantOf(await waiting).ttlSeconds).to.equal(2);
  });

  it('is the granted one of a session that takes a lock', async () => {
    const lease: LeaseId = grantOf(await create('')).leaseId;
    expect(grantOf(await bench.acquire('a', { lease })).ttlSeconds).to.equal(2);
  });

  it('is the granted one of a hold', async () => {
    const open = bench.hold('a', ASKED);
    await bench.clock.advance(10);
    expect(open.grant().ttlSeconds).to.equal(2);
    open.close();
    await open.done;
  });

  it('is told as the fault of the store if that granted none, and nothing stays', async () => {
    bench.faulty.onGrant = () => {
      throw unavailable('no leader');
    };
    expect(await faultOf(bench.acquire('a', ASKED))).to.have.property('message', 'no leader');
    expect(await faultOf(create(''))).to.have.property('message', 'no leader');
    await bench.clock.advance(60_000);
    expect(await keysBelow(bench.store, '/shared-lock.v1/')).to.deep.equal([]);
  });
});
