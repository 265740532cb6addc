import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { AcquireOutcome, ForceReleaseOutcome } from '../../../src/core/lock.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import {
  acquireRequest as request,
  caller,
  faultOf,
  grantOf,
  keysBelow,
  memoryStore,
  session,
  startDaemon,
  UNKNOWN_LEASE,
  type TestDaemon,
} from '../../support/services.js';

let store: MemoryStore;
let clock: VirtualClock;
let daemon: TestDaemon;

beforeEach(() => {
  ({ store, clock } = memoryStore());
  daemon = startDaemon(store, clock);
});

afterEach(async () => {
  await store.close();
});

const acquire = (name: string, rest = {}): Promise<AcquireOutcome> =>
  daemon.locks.acquire(request(name, rest), caller());

describe('LockService.release', () => {
  const release = (
    name: string,
    lease: LeaseId,
    rest: { fencingToken?: number; requestId?: string } = {},
  ): Promise<boolean> =>
    daemon.locks.release({ name, lease, fencingToken: 0, requestId: '', ...rest });

  it('frees the lock and ends the lease that was made for it', async () => {
    const { leaseId, fencingToken } = grantOf(await acquire('a'));
    expect(await release('a', leaseId, { fencingToken })).to.equal(true);
    expect((await daemon.locks.get('a')).holderCount).to.equal(0);
    expect(await store.inspectLease(leaseId)).to.equal(undefined);
    expect(await keysBelow(store, '/shared-lock.v1/holder/')).to.be.empty;
  });

  it('keeps a session alive, and what else it holds', async () => {
    const lease = await session(daemon);
    await acquire('a', { lease });
    await acquire('b', { lease });
    await release('a', lease);
    expect((await daemon.leases.get(lease)).holds).to.deep.equal([
      { name: 'b', mode: 'EXCLUSIVE' },
    ]);
  });

  it('says false for a lock that nobody holds', async () => {
    expect(await release('a', UNKNOWN_LEASE)).to.equal(false);
  });

  it('says false the second time', async () => {
    const { leaseId } = grantOf(await acquire('a'));
    await release('a', leaseId);
    expect(await release('a', leaseId)).to.equal(false);
  });

  it('refuses a lease that does not hold it, and leaves the holder alone', async () => {
    const { leaseId } = grantOf(await acquire('a'));
    const fault = await faultOf(release('a', UNKNOWN_LEASE));
    expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
    expect(String(fault)).not.to.contain(leaseId);
    expect((await daemon.locks.get('a')).holderCount).to.equal(1);
  });

  it('refuses a stale token of the same lease', async () => {
    const lease = await session(daemon);
    const first = grantOf(await acquire('a', { lease }));
    await release('a', lease);
    await acquire('a', { lease });
    const fault = await faultOf(release('a', lease, { fencingToken: first.fencingToken }));
    expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
    expect((await daemon.locks.get('a')).holderCount).to.equal(1);
  });

  for (const mode of [{ mode: 'SHARED' }, { limit: 2 }]) {
    it(`gives back ${JSON.stringify(mode)} alone, not the others' hold`, async () => {
      const mine = grantOf(await acquire('a', mode));
      await acquire('a', mode);
      expect(await release('a', mine.leaseId, { fencingToken: mine.fencingToken })).to.equal(true);
      expect((await daemon.locks.get('a')).holderCount).to.equal(1);
      expect(await faultOf(release('a', mine.leaseId))).to.have.property(
        'code',
        'FAILED_PRECONDITION',
      );
    });
  }

  it('answers a repeated request id with the first outcome, though the lease holds the lock again', async () => {
    const lease = await session(daemon);
    await acquire('a', { lease });
    expect(await release('a', lease, { requestId: 'r' })).to.equal(true);
    await acquire('a', { lease });
    expect(await release('a', lease, { requestId: 'r' })).to.equal(true);
    expect((await daemon.locks.get('a')).holderCount).to.equal(1);
  });

  it('remembers by its request id that nothing was released', async () => {
    const lease = await session(daemon);
    expect(await release('a', lease, { requestId: 'r' })).to.equal(false);
    await acquire('a', { lease });
    expect(await release('a', lease, { requestId: 'r' })).to.equal(false);
    expect((await daemon.locks.get('a')).holderCount).to.equal(1);
  });
});

describe('LockService.forceRelease', () => {
  const force = (rest = {}): Promise<ForceReleaseOutcome> =>
    daemon.locks.forceRelease({
      name: 'a',
      reason: 'stuck',
      fencingToken: 0,
      requestId: '',
      ...rest,
    });

  it('frees the lock, names the holders, and writes the audit', async () => {
    const { fencingToken } = grantOf(await acquire('a', { owner: 'victim' }));
    const outcome = await force();
    expect(outcome.released).to.equal(true);
    expect(outcome.holders[0]).to.include({ owner: 'victim', fencingToken });
    expect(daemon.telemetry.audits).to.deep.equal([
      {
        action: 'lock force-released',
        facts: { lock: 'a', reason: 'stuck', owner: 'victim', fencingToken },
      },
    ]);
  });

  it("ends the lease that was the lock's own, so that its next renewal says so", async () => {
    const { leaseId } = grantOf(await acquire('a'));
    await force();
    await clock.advance(1);
    expect(await faultOf(daemon.leases.keepAlive(leaseId))).to.have.property('code', 'NOT_FOUND');
  });

  it('ends the lease of a program that knows nothing of us', async () => {
    const lease = UNKNOWN_LEASE;
    await store.grant(lease, 10);
    await store.transact({
      resource: 'x',
      compare: [],
      then: [{ kind: 'put', key: '/shared-lock/a', value: '', lease }],
      else: [],
    });
    await force();
    await clock.advance(1);
    expect(await store.inspectLease(lease)).to.equal(undefined);
  });

  it('leaves a session alive', async () => {
    const lease = await session(daemon);
    await acquire('a', { lease });
    await force();
    expect(await daemon.leases.keepAlive(lease)).to.equal(10);
  });

  it('tells the victim why, when it releases', async () => {
    const lease = await session(daemon);
    const { fencingToken } = grantOf(await acquire('a', { lease }));
    await force();
    const fault = await faultOf(
      daemon.locks.release({ name: 'a', lease, fencingToken, requestId: '' }),
    );
    expect(fault).to.have.nested.property('details.reason', 'PREEMPTED');
    expect(String(fault)).to.contain('stuck');
  });

  it('takes it from all shared holders, or from the one with the token', async () => {
    const [one] = [
      grantOf(await acquire('a', { mode: 'SHARED' })),
      grantOf(await acquire('a', { mode: 'SHARED' })),
      grantOf(await acquire('a', { mode: 'SHARED' })),
    ];
    expect((await force({ fencingToken: one.fencingToken })).holders).to.have.length(1);
    expect((await daemon.locks.get('a')).holderCount).to.equal(2);
    expect((await force()).holders).to.have.length(2);
    expect((await daemon.locks.get('a')).holderCount).to.equal(0);
  });

  it('says that nobody held it', async () => {
    expect(await force()).to.deep.equal({ released: false, holders: [] });
  });

  it('lets the next waiter in', async () => {
    await acquire('a', { ttlMs: 3_600_000 });
    const waiter = acquire('a', { waitMs: 60_000 });
    await clock.advance(1);
    await force();
    expect(await waiter).to.have.property('acquired', true);
  });

  it('does not hit the next holder when its request is repeated', async () => {
    await acquire('a');
    await force({ requestId: 'r' });
    await acquire('a');
    expect((await force({ requestId: 'r' })).released).to.equal(true);
    expect((await daemon.locks.get('a')).holderCount).to.equal(1);
  });

  it('asks for a reason', async () => {
    expect(await faultOf(force({ reason: '' }))).to.have.nested.property('details.field', 'reason');
  });
});

describe('LockService.checkToken', () => {
  it('knows the current token and refuses older ones', async () => {
    const first = grantOf(await acquire('a'));
    await store.revoke(first.leaseId);
    expect(await daemon.locks.checkToken('a', first.fencingToken)).to.deep.equal({
      current: false,
      currentToken: 0,
    });
    const second = grantOf(await acquire('a'));
    expect(await daemon.locks.checkToken('a', first.fencingToken)).to.deep.equal({
      current: false,
      currentToken: second.fencingToken,
    });
    expect(await daemon.locks.checkToken('a', second.fencingToken)).to.have.property(
      'current',
      true,
    );
  });

  it('knows the token of each shared holder', async () => {
    const one = grantOf(await acquire('a', { mode: 'SHARED' }));
    const two = grantOf(await acquire('a', { mode: 'SHARED' }));
    for (const { fencingToken } of [one, two]) {
      expect(await daemon.locks.checkToken('a', fencingToken)).to.have.property('current', true);
    }
  });
});
