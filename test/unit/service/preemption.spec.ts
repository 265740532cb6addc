import { expect } from 'chai';
import { faultOf, grantOf, serviceBench, session } from '../../support/services.js';

describe('A victim of LockService.forceRelease', () => {
  const bench = serviceBench();

  it('is told why when it releases by its lease alone', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease });
    await bench.forceRelease('a', { reason: 'stuck for hours' });
    const fault = await faultOf(bench.release('a', lease));
    expect(fault).to.have.nested.property('details.reason', 'PREEMPTED');
    expect(String(fault)).to.contain('stuck for hours').and.not.to.contain(lease);
  });

  it('is told why though its lease has ended with the lock', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await bench.forceRelease('a');
    await bench.clock.advance(1);
    const fault = await faultOf(bench.release('a', leaseId));
    expect(fault).to.have.nested.property('details.reason', 'PREEMPTED');
  });

  it('is told why though another lost the lock by force since', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await bench.forceRelease('a', { reason: 'first' });
    await bench.acquire('a');
    await bench.forceRelease('a', { reason: 'second' });
    expect(String(await faultOf(bench.release('a', leaseId)))).to.contain('first');
  });

  it('is told why by the next renewal of the lease that was made for the lock', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    await bench.forceRelease('a', { reason: 'stuck' });
    await bench.clock.advance(1);
    const fault = await faultOf(bench.daemon.leases.keepAlive(leaseId));
    expect(fault).to.include({ code: 'NOT_FOUND' });
    expect(fault).to.have.nested.property('details.reason', 'PREEMPTED');
    expect(String(fault)).to.contain('stuck');
  });

  it('renews its session, whose later expiry is no preemption', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease });
    await bench.forceRelease('a');
    expect(await bench.daemon.leases.keepAlive(lease)).to.equal(10);
    await bench.clock.advance(11_000);
    const fault = await faultOf(bench.daemon.leases.keepAlive(lease));
    expect(fault).to.have.nested.property('details.reason', 'LEASE_NOT_FOUND');
  });

  it('is not told of it any more once its session has had the lock again', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease });
    await bench.forceRelease('a');
    await bench.acquire('a', { lease });
    expect(await bench.release('a', lease)).to.equal(true);
    expect(await bench.release('a', lease)).to.equal(false);
  });

  it('is told why in a crowd that loses a shared lock at once', async () => {
    const leases = [];
    for (let i = 0; i < 50; i++) {
      const lease = await session(bench.daemon);
      await bench.acquire('a', { lease, mode: 'SHARED' });
      leases.push(lease);
    }
    expect((await bench.forceRelease('a')).holders).to.have.length(50);
    for (const lease of leases) {
      const fault = await faultOf(bench.release('a', lease));
      expect(fault).to.have.nested.property('details.reason', 'PREEMPTED');
    }
  });

  it('counts in the time that locks are held', async () => {
    await bench.acquire('a');
    await bench.clock.advance(3000);
    await bench.forceRelease('a');
    expect(bench.daemon.telemetry.heldSeconds).to.deep.equal([3]);
  });
});
