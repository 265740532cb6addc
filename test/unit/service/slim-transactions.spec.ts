import { expect } from 'chai';
import type { Transaction } from '../../../src/store/store.js';
import { TXN } from '../../../src/store/etcd/kv-messages.js';
import { toTxn } from '../../../src/store/etcd/wire.js';
import {
  acquireRequest,
  caller,
  faultOf,
  faultyBench,
  grantOf,
  session,
  startDaemon,
} from '../../support/services.js';

/** What a transaction asks of the store, in short: so many comparisons, operations, and operations if it is refused. */
function shapeOf({ compare, then, else: otherwise }: Transaction): string {
  return `${compare.length}+${then.length}/${otherwise.length}`;
}

describe('What a lock asks of the store', () => {
  const bench = faultyBench();
  let shapes: string[];
  /** Of these transactions, as etcd gets them. */
  let bytes: number;

  /** From here on. */
  const record = (): void => {
    shapes = [];
    bytes = 0;
    bench.faulty.around = (transaction, run) => {
      shapes.push(shapeOf(transaction));
      bytes += TXN.serialize(toTxn(transaction)).length;
      return run();
    };
  };

  it('is little for a session: nothing is read', async () => {
    const lease = await session(bench.daemon);
    record();
    const { fencingToken } = grantOf(await bench.acquire('a', { lease }));
    await bench.release('a', lease, { fencingToken });
    expect(shapes).to.deep.equal(['5+3/0', '2+2/0']);
    expect(bytes).to.be.below(900);
    await bench.acquire('a', { lease });
    // Without the token too.
    await bench.release('a', lease);
    expect(shapes.slice(2)).to.deep.equal(['5+3/0', '2+2/0']);
  });

  it('is the record of the lease too for one that was made elsewhere, once', async () => {
    const lease = await session(startDaemon(bench.store, bench.clock));
    record();
    for (const name of ['a', 'b']) await bench.acquire(name, { lease });
    expect(shapes).to.deep.equal(['5+4/0', '5+3/0']);
  });

  it('is as little with a lease of its own, which is marked as ending by the release', async () => {
    record();
    const { leaseId, fencingToken } = grantOf(await bench.acquire('a'));
    expect(await bench.release('a', leaseId, { fencingToken })).to.equal(true);
    expect(shapes).to.deep.equal(['4+3/0', '3+3/0']);
    expect(await bench.store.inspectLease(leaseId)).to.equal(undefined);
  });

  it('is one transaction for the release of a shared lock, and of permits', async () => {
    const lease = await session(bench.daemon);
    for (const rest of [{ mode: 'SHARED' }, { mode: 'SEMAPHORE', permits: 1, limit: 2 }] as const) {
      const { fencingToken } = grantOf(await bench.acquire('a', { lease, ...rest }));
      record();
      expect(await bench.release('a', lease, { fencingToken })).to.equal(true);
      expect(shapes).to.deep.equal(['2+1/0']);
    }
  });

  it('is asked once more, and why not, if the lock is not free though nothing was known of that', async () => {
    const other = startDaemon(bench.store, bench.clock);
    await other.locks.acquire(acquireRequest('a', { lease: await session(other) }), caller());
    record();
    for (let tries = 0; tries < 2; tries++) {
      const lease = await session(bench.daemon);
      shapes.length = 0;
      expect(await bench.acquire('a', { lease })).to.have.property('acquired', false);
      expect(shapes).to.deep.equal(tries === 0 ? ['5+3/0', '5+3/6'] : ['5+3/6']);
    }
  });

  it('is one transaction for the next in line', async () => {
    const holder = await session(bench.daemon);
    const { fencingToken } = grantOf(await bench.acquire('a', { lease: holder }));
    const lease = await session(bench.daemon);
    const next = bench.acquire('a', { lease, waitMs: 10_000 });
    await bench.clock.advance(10);
    record();
    await bench.release('a', holder, { fencingToken });
    await bench.clock.advance(10);
    grantOf(await next);
    expect(shapes).to.deep.equal(['2+2/0', '6+4/0']);
  });

  it('is enough for a grant that comes between the refusal and the question why', async () => {
    const other = startDaemon(bench.store, bench.clock);
    const holder = await session(other);
    const { fencingToken } = grantOf(
      await other.locks.acquire(acquireRequest('a', { lease: holder }), caller()),
    );
    bench.faulty.around = async (_, run) => {
      const outcome = await run();
      if (outcome.succeeded) return outcome;
      await other.locks.release({ name: 'a', lease: holder, fencingToken, requestId: '' });
      return outcome;
    };
    const lease = await session(bench.daemon);
    expect(grantOf(await bench.acquire('a', { lease })).leaseId).to.equal(lease);
  });

  it('is not so little that a lease ends that became a session at another daemon', async () => {
    const { leaseId, fencingToken } = grantOf(await bench.acquire('a'));
    const other = startDaemon(bench.store, bench.clock);
    grantOf(await other.locks.acquire(acquireRequest('b', { lease: leaseId }), caller()));
    record();
    expect(await bench.release('a', leaseId, { fencingToken })).to.equal(true);
    // What is remembered is not so any more.
    expect(shapes).to.deep.equal(['3+3/0', '2+4/6']);
    expect((await other.locks.get('b')).holders).to.have.length(1);
  });

  it('is not so little that a release of an earlier grant hits a later one', async () => {
    const lease = await session(bench.daemon);
    const first = grantOf(await bench.acquire('a', { lease }));
    const other = startDaemon(bench.store, bench.clock);
    await other.locks.release({
      ...{ name: 'a', lease, fencingToken: first.fencingToken, requestId: '' },
    });
    grantOf(await other.locks.acquire(acquireRequest('a', { lease }), caller()));
    const fault = await faultOf(bench.release('a', lease, { fencingToken: first.fencingToken }));
    expect(fault).to.have.nested.property('details.reason', 'NOT_THE_HOLDER');
    expect((await bench.daemon.locks.get('a')).holders).to.have.length(1);
  });

  it('is not so little that a release without a token misses a later grant', async () => {
    const lease = await session(bench.daemon);
    await bench.acquire('a', { lease });
    const other = startDaemon(bench.store, bench.clock);
    await other.locks.release({ name: 'a', lease, fencingToken: 0, requestId: '' });
    grantOf(await other.locks.acquire(acquireRequest('a', { lease }), caller()));
    expect(await bench.release('a', lease)).to.equal(true);
    expect((await bench.daemon.locks.get('a')).holders).to.be.empty;
  });

  it('is not so little that whoever knows the token, but not the lease, releases', async () => {
    const lease = await session(bench.daemon);
    const { fencingToken } = grantOf(await bench.acquire('a', { lease }));
    const stranger = await session(bench.daemon);
    await faultOf(bench.release('a', stranger, { fencingToken }));
    expect((await bench.daemon.locks.get('a')).holders).to.have.length(1);
  });

  it('is asked for a lease of its own again, if the first was taken away by force', async () => {
    const { fencingToken } = grantOf(await bench.acquire('a'));
    await bench.forceRelease('a');
    await bench.clock.advance(100);
    const next = grantOf(await bench.acquire('a'));
    expect(next.fencingToken).to.be.greaterThan(fencingToken);
  });
});
