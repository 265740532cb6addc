import { expect } from 'chai';
import { Fault, unavailable } from '../../../src/core/errors.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import {
  acquireRequest,
  caller,
  faultOf,
  grantOf,
  faultyBench,
  keysBelow,
  serviceBench,
  session,
  startDaemon,
} from '../../support/services.js';

describe('LockService.release, by the request of the grant', () => {
  const bench = serviceBench();
  let lease: LeaseId;
  beforeEach(async () => {
    lease = await session(bench.daemon);
  });

  const withdraw = (requestId: string, by = lease): Promise<boolean> =>
    bench.release('a', by, { grantRequestId: requestId });
  const holders = async (): Promise<number> => (await bench.daemon.locks.get('a')).holderCount;

  it('gives back what that request was granted', async () => {
    await bench.acquire('a', { lease, requestId: 'x' });
    expect(await withdraw('x')).to.equal(true);
    expect(await holders()).to.equal(0);
    expect(await withdraw('x')).to.equal(false);
  });

  for (const mode of [{ mode: 'SHARED' as const }, { limit: 2 }]) {
    it(`gives back ${JSON.stringify(mode)} too, and leaves the others' hold`, async () => {
      await bench.acquire('a', { ...mode, lease, requestId: 'x' });
      await bench.acquire('a', mode);
      expect(await withdraw('x')).to.equal(true);
      expect(await holders()).to.equal(1);
    });
  }

  it('keeps a request that comes after it from being granted, at whichever daemon', async () => {
    expect(await withdraw('x')).to.equal(false);
    for (const daemon of [bench.daemon, startDaemon(bench.store, bench.clock)]) {
      bench.daemon = daemon;
      const fault = await faultOf(bench.acquire('a', { lease, requestId: 'x' }));
      expect(fault).to.include({ code: 'CANCELLED' });
      expect(fault).to.have.nested.property('details.reason', 'WITHDRAWN');
    }
    expect(await holders()).to.equal(0);
  });

  it('keeps one that waits from being granted, and lets the next one in', async () => {
    const held = grantOf(await bench.acquire('a', { ttlMs: 3_600_000 }));
    const waiting = faultOf(bench.acquire('a', { lease, requestId: 'x', waitMs: 60_000 }));
    await bench.clock.advance(1);
    const next = bench.acquire('a', { waitMs: 60_000 });
    await bench.clock.advance(1);
    expect(await withdraw('x')).to.equal(false);
    await bench.release('a', held.leaseId);
    await bench.clock.advance(1);
    expect(await waiting).to.have.nested.property('details.reason', 'WITHDRAWN');
    expect((await next).acquired).to.equal(true);
    expect(await keysBelow(bench.store, '/shared-lock.v1/queue/')).to.be.empty;
  });

  it('leaves what another request of the same lease got, however late it comes', async () => {
    await bench.acquire('a', { lease, requestId: 'x' });
    await withdraw('x');
    const second = grantOf(await bench.acquire('a', { lease, requestId: 'y' }));
    expect(await faultOf(withdraw('x'))).to.have.nested.property(
      'details.reason',
      'NOT_THE_HOLDER',
    );
    const { current } = await bench.daemon.locks.checkToken('a', second.fencingToken);
    expect(current).to.equal(true);
  });

  it('leaves a grant that another request of the same lease was told of since', async () => {
    const first = grantOf(await bench.acquire('a', { lease, requestId: 'x' }));
    const again = grantOf(await bench.acquire('a', { lease, requestId: 'y' }));
    expect(again).to.deep.equal(first);
    expect(await withdraw('x')).to.equal(false);
    expect(await holders()).to.equal(1);
  });

  it('gives back what it was told of though it was granted to an earlier request of the lease', async () => {
    for (const mode of [{}, { mode: 'SHARED' as const }, { limit: 2 }]) {
      await bench.acquire('a', { ...mode, lease, requestId: `x ${JSON.stringify(mode)}` });
      await bench.acquire('a', { ...mode, lease, requestId: `y ${JSON.stringify(mode)}` });
      expect(await withdraw(`x ${JSON.stringify(mode)}`)).to.equal(false);
      expect(await withdraw(`y ${JSON.stringify(mode)}`)).to.equal(true);
      expect(await holders()).to.equal(0);
    }
  });

  it('gives back what a repeated request was told of', async () => {
    const first = grantOf(await bench.acquire('a', { lease, requestId: 'x' }));
    for (const requestId of ['y', 'y', 'x', 'x', 'y']) {
      expect(grantOf(await bench.acquire('a', { lease, requestId }))).to.deep.equal(first);
    }
    expect(await withdraw('x')).to.equal(false);
    expect(await withdraw('y')).to.equal(true);
    expect(await faultOf(bench.acquire('a', { lease, requestId: 'x' }))).to.have.nested.property(
      'details.reason',
      'GRANT_ENDED',
    );
  });

  it('tells no request of a grant that was withdrawn before it came', async () => {
    await bench.acquire('a', { lease, requestId: 'x' });
    expect(await withdraw('y')).to.equal(false);
    const fault = await faultOf(bench.acquire('a', { lease, requestId: 'y' }));
    expect(fault).to.have.nested.property('details.reason', 'WITHDRAWN');
  });

  it('leaves what the request was granted with another lease', async () => {
    await bench.acquire('a', { requestId: 'x' });
    expect(await withdraw('x')).to.equal(false);
    expect(await holders()).to.equal(1);
  });

  it('ends the lease that was made for the lock with it', async () => {
    const own = grantOf(await bench.acquire('a', { requestId: 'x' }));
    expect(await withdraw('x', own.leaseId)).to.equal(true);
    expect(await bench.store.inspectLease(own.leaseId)).to.equal(undefined);
  });

  it('says false of a request that did not get the lock', async () => {
    await bench.acquire('a');
    expect((await bench.acquire('a', { lease, requestId: 'x' })).acquired).to.equal(false);
    expect(await withdraw('x')).to.equal(false);
  });

  it('answers a repeated request id with the first outcome', async () => {
    await bench.acquire('a', { lease, requestId: 'x' });
    const once = { grantRequestId: 'x', requestId: 'r' };
    expect(await bench.release('a', lease, once)).to.equal(true);
    expect(await bench.release('a', lease, once)).to.equal(true);
  });

  it('is refused together with a token', async () => {
    const fault = await faultOf(
      bench.release('a', lease, { grantRequestId: 'x', fencingToken: 7 }),
    );
    expect(fault).to.have.nested.property('details.field', 'grant_request_id');
  });

  it('resigns from a term that a campaign got, or would still get', async () => {
    const { elections } = bench.daemon;
    const campaign = { name: 'e', candidate: 'c', value: '', ttlMs: undefined, waitMs: 0, lease };
    const stand = (requestId: string) =>
      elections.campaign({ ...campaign, labels: new Map(), requestId }, caller());
    const resign = (grantRequestId: string) =>
      elections.resign({ name: 'e', lease, term: 0, requestId: '', grantRequestId });
    await stand('x');
    expect(await resign('x')).to.equal(true);
    expect(await resign('y')).to.equal(false);
    expect(await faultOf(stand('y'))).to.have.nested.property('details.reason', 'WITHDRAWN');
    expect((await elections.get('e')).leader).to.equal(undefined);
  });
});

describe('LockService.acquire, repeated with what is left of its wait', () => {
  const bench = serviceBench();

  it('meets its first outcome', async () => {
    const first = await bench.acquire('a', { requestId: 'x', waitMs: 5000 });
    expect(await bench.acquire('a', { requestId: 'x', waitMs: 10 })).to.deep.equal(first);
  });
});

describe('LockService.release, while a copy of the request that it names is told of its grant', () => {
  const bench = faultyBench();

  it('gives it back all the same', async () => {
    const lease = await session(bench.daemon);
    const acquire = () => bench.acquire('a', { lease, requestId: 'x' });
    await acquire();
    let isDone = false;
    bench.faulty.around = async (transaction, run) => {
      if (!isDone && transaction.then.some(({ kind }) => kind === 'delete')) {
        isDone = true;
        await acquire();
      }
      return run();
    };
    expect(await bench.release('a', lease, { grantRequestId: 'x' })).to.equal(true);
    expect(await bench.acquire('a')).to.include({ acquired: true });
  });
});

describe('LockService.release, while the store has no space left', () => {
  const bench = faultyBench();

  it('withdraws what was not granted, and records that nothing was held', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease, requestId: 'x' });
    bench.faulty.around = (transaction, run) =>
      (transaction.frees ?? false) === false && transaction.then.some(({ kind }) => kind === 'put')
        ? Promise.reject(new Fault('RESOURCE_EXHAUSTED', 'full'))
        : run();
    const withdraw = (name: string, grantRequestId: string) =>
      bench.release(name, lease, { grantRequestId, requestId: `once ${grantRequestId}` });
    expect(await withdraw('b', 'y')).to.equal(false);
    expect(await bench.release('b', lease, { requestId: 'r' })).to.equal(false);
    expect(await withdraw('a', 'x')).to.equal(true);
  });
});

describe('The end of a lease with the lock that it was made for', () => {
  const bench = faultyBench();

  it('spares the lease if the lock was granted to it anew meanwhile', async () => {
    // Who granted it marks the lease with the release.
    const other = startDaemon(bench.store, bench.clock);
    const own = grantOf(await other.locks.acquire(acquireRequest('a'), caller()));
    bench.faulty.around = (transaction, run) =>
      transaction.then.some((operation) => operation.kind === 'put')
        ? Promise.reject(unavailable('away'))
        : run();
    expect(await bench.release('a', own.leaseId)).to.equal(true);
    bench.faulty.mend();
    const again = grantOf(await bench.acquire('a', { lease: own.leaseId }));
    await bench.clock.advance(5000);
    expect(await bench.daemon.locks.checkToken('a', again.fencingToken)).to.include({
      current: true,
    });
  });
});
