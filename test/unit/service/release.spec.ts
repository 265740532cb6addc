import { expect } from 'chai';
import {
  faultOf,
  grantOf,
  keysBelow,
  serviceBench,
  session,
  UNKNOWN_LEASE,
} from '../../support/services.js';

describe('LockService.release', () => {
  const bench = serviceBench();

  it('frees the lock and ends the lease that was made for it', async () => {
    const { leaseId, fencingToken } = grantOf(await bench.acquire('a'));
    expect(await bench.release('a', leaseId, { fencingToken })).to.equal(true);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(0);
    expect(await bench.store.inspectLease(leaseId)).to.equal(undefined);
    expect(await keysBelow(bench.store, '/shared-lock.v1/holder/')).to.be.empty;
  });

  it('keeps a session alive, and what else it holds', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease });
    await bench.acquire('b', { lease });
    await bench.release('a', lease);
    expect((await bench.daemon.leases.get(lease)).holds).to.deep.equal([
      { name: 'b', mode: 'EXCLUSIVE' },
    ]);
  });

  it('says false for a lock that nobody holds', async () => {
    expect(await bench.release('a', UNKNOWN_LEASE)).to.equal(false);
  });

  it('says false the second time', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await bench.release('a', leaseId);
    expect(await bench.release('a', leaseId)).to.equal(false);
  });

  it('refuses a lease that does not hold it, and leaves the holder alone', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    const fault = await faultOf(bench.release('a', UNKNOWN_LEASE));
    expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
    expect(String(fault)).not.to.contain(leaseId);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(1);
  });

  it('refuses a stale token of the same lease', async () => {
    const lease = await session(bench.daemon);
    const first = grantOf(await bench.acquire('a', { lease }));
    await bench.release('a', lease);
    await bench.acquire('a', { lease });
    const fault = await faultOf(bench.release('a', lease, { fencingToken: first.fencingToken }));
    expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(1);
  });

  for (const mode of [{ mode: 'SHARED' as const }, { limit: 2 }]) {
    it(`gives back ${JSON.stringify(mode)} alone, not the others' hold`, async () => {
      const mine = grantOf(await bench.acquire('a', mode));
      await bench.acquire('a', mode);
      expect(await bench.release('a', mine.leaseId, { fencingToken: mine.fencingToken })).to.equal(
        true,
      );
      expect((await bench.daemon.locks.get('a')).holderCount).to.equal(1);
      expect(await faultOf(bench.release('a', mine.leaseId))).to.have.property(
        'code',
        'FAILED_PRECONDITION',
      );
    });
  }

  it('answers a repeated request id with the first outcome, though the lease holds the lock again', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease });
    expect(await bench.release('a', lease, { requestId: 'r' })).to.equal(true);
    await bench.acquire('a', { lease });
    expect(await bench.release('a', lease, { requestId: 'r' })).to.equal(true);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(1);
  });

  it('remembers by its request id that nothing was released', async () => {
    const lease = await session(bench.daemon);
    expect(await bench.release('a', lease, { requestId: 'r' })).to.equal(false);
    await bench.acquire('a', { lease });
    expect(await bench.release('a', lease, { requestId: 'r' })).to.equal(false);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(1);
  });
});

describe('LockService.forceRelease', () => {
  const bench = serviceBench();

  it('frees the lock, names the holders, and writes the audit', async () => {
    const { fencingToken } = grantOf(await bench.acquire('a', { owner: 'victim' }));
    const outcome = await bench.forceRelease('a');
    expect(outcome.released).to.equal(true);
    expect(outcome.holders[0]).to.include({ owner: 'victim', fencingToken });
    expect(bench.daemon.telemetry.audits).to.deep.equal([
      {
        action: 'lock force-released',
        facts: { lock: 'a', reason: 'stuck', owner: 'victim', fencingToken },
      },
    ]);
  });

  it('says in the audit who asked for it', async () => {
    await bench.acquire('a', { owner: 'victim' });
    const request = { name: 'a', reason: 'stuck', fencingToken: 0, requestId: 'r' };
    const origin = { wire: 'http', peer: '10.0.0.7:3312' };
    await bench.daemon.locks.forceRelease(request, origin);
    const [audit] = bench.daemon.telemetry.audits;
    expect(audit?.facts).to.include({ ...origin, requestId: 'r', lock: 'a', owner: 'victim' });
  });

  it("ends the lease that was the lock's own, so that its next renewal says so", async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await bench.forceRelease('a');
    await bench.clock.advance(1);
    expect(await faultOf(bench.daemon.leases.keepAlive(leaseId))).to.have.property(
      'code',
      'NOT_FOUND',
    );
  });

  it('ends the lease of a program that knows nothing of us', async () => {
    const lease = UNKNOWN_LEASE;
    await bench.store.grant(lease, 10);
    await bench.store.transact({
      resource: 'x',
      compare: [],
      then: [{ kind: 'put', key: '/shared-lock/a', value: '', lease }],
      else: [],
    });
    await bench.forceRelease('a');
    await bench.clock.advance(1);
    expect(await bench.store.inspectLease(lease)).to.equal(undefined);
  });

  it('leaves a session alive', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease });
    await bench.forceRelease('a');
    expect(await bench.daemon.leases.keepAlive(lease)).to.equal(10);
  });

  it('tells the victim why, when it releases', async () => {
    const lease = await session(bench.daemon);
    const { fencingToken } = grantOf(await bench.acquire('a', { lease }));
    await bench.forceRelease('a');
    const fault = await faultOf(bench.release('a', lease, { fencingToken }));
    expect(fault).to.have.nested.property('details.reason', 'PREEMPTED');
    expect(String(fault)).to.contain('stuck');
  });

  it('takes it from all shared holders, or from the one with the token', async () => {
    const [one] = [
      grantOf(await bench.acquire('a', { mode: 'SHARED' })),
      grantOf(await bench.acquire('a', { mode: 'SHARED' })),
      grantOf(await bench.acquire('a', { mode: 'SHARED' })),
    ];
    expect(
      (await bench.forceRelease('a', { fencingToken: one.fencingToken })).holders,
    ).to.have.length(1);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(2);
    expect((await bench.forceRelease('a')).holders).to.have.length(2);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(0);
  });

  it('says that nobody held it', async () => {
    expect(await bench.forceRelease('a')).to.deep.equal({ released: false, holders: [] });
  });

  it('lets the next waiter in', async () => {
    await bench.acquire('a', { ttlMs: 3_600_000 });
    const waiter = bench.acquire('a', { waitMs: 60_000 });
    await bench.clock.advance(1);
    await bench.forceRelease('a');
    expect(await waiter).to.have.property('acquired', true);
  });

  it('does not hit the next holder when its request is repeated', async () => {
    await bench.acquire('a');
    await bench.forceRelease('a', { requestId: 'r' });
    await bench.acquire('a');
    expect((await bench.forceRelease('a', { requestId: 'r' })).released).to.equal(true);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(1);
  });

  it('asks for a reason', async () => {
    expect(await faultOf(bench.forceRelease('a', { reason: '' }))).to.have.nested.property(
      'details.field',
      'reason',
    );
  });
});

describe('LockService.checkToken', () => {
  const bench = serviceBench();

  it('knows the current token and refuses older ones', async () => {
    const first = grantOf(await bench.acquire('a'));
    await bench.store.revoke(first.leaseId);
    expect(await bench.daemon.locks.checkToken('a', first.fencingToken)).to.deep.equal({
      current: false,
      currentToken: 0,
    });
    const second = grantOf(await bench.acquire('a'));
    expect(await bench.daemon.locks.checkToken('a', first.fencingToken)).to.deep.equal({
      current: false,
      currentToken: second.fencingToken,
    });
    expect(await bench.daemon.locks.checkToken('a', second.fencingToken)).to.have.property(
      'current',
      true,
    );
  });

  it('knows the token of each shared holder', async () => {
    const one = grantOf(await bench.acquire('a', { mode: 'SHARED' }));
    const two = grantOf(await bench.acquire('a', { mode: 'SHARED' }));
    for (const { fencingToken } of [one, two]) {
      expect(await bench.daemon.locks.checkToken('a', fencingToken)).to.have.property(
        'current',
        true,
      );
    }
  });
});
