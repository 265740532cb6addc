import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import type { AcquireOutcome, AcquireRequest } from '../../../src/core/lock.js';
import { CONNECTION_BROKEN } from '../../../src/service/caller.js';
import type {
  Operation,
  OperationResult,
  Outcome,
  Store,
  Transaction,
} from '../../../src/store/store.js';
import {
  acquireRequest,
  caller,
  collect,
  faultOf,
  faultyBench,
  grantOf,
  keysBelow,
  session,
  startDaemon,
} from '../../support/services.js';

const QUEUE = '/shared-lock.v1/queue/';
const CROWD = 200;

describe('Callers who come to a lock at once', () => {
  const bench = faultyBench({ waitersPerLock: CROWD });
  /** In the order of the grants. */
  let granted: number[];
  beforeEach(() => {
    granted = [];
  });

  const come = (rest: Partial<AcquireRequest> = {}): Promise<AcquireOutcome> =>
    bench.acquire('a', { waitMs: 60_000, ...rest });

  /** Takes the lock, and gives it back at once. */
  const pass = async (n: number, rest: Partial<AcquireRequest> = {}): Promise<void> => {
    const { leaseId, fencingToken } = grantOf(await come(rest));
    granted.push(n);
    await bench.release('a', leaseId, { fencingToken });
  };

  const transactions = (): Transaction[] => {
    const seen: Transaction[] = [];
    bench.faulty.around = (transaction, run) => {
      seen.push(transaction);
      return run();
    };
    return seen;
  };

  const hold = async (): Promise<() => Promise<boolean>> => {
    const { leaseId, fencingToken } = grantOf(await bench.acquire('a', { ttlMs: 3_600_000 }));
    return () => bench.release('a', leaseId, { fencingToken });
  };

  it('take their places in few transactions, in which nobody makes a lease, and have it in order', async () => {
    const release = await hold();
    const seen = transactions();
    bench.faulty.grants = 0;
    const all = Array.from({ length: CROWD }, (_, n) => pass(n));
    await bench.clock.advance(1);
    expect(await keysBelow(bench.store, QUEUE)).to.have.length(CROWD);
    expect(seen).to.have.length.below(CROWD / 20);
    for (const { then, else: otherwise } of seen) {
      expect(Math.max(then.length, otherwise.length)).to.be.at.most(32);
    }
    // The first finds out that the lock is taken, and keeps its lease for when it is free.
    expect(bench.faulty.grants).to.be.at.most(2);
    await release();
    await Promise.all(all);
    expect(granted).to.deep.equal(all.map((_, n) => n));
    expect(await keysBelow(bench.store, QUEUE)).to.deep.equal([]);
  });

  it('have it in order if it is free, too', async () => {
    const seen = transactions();
    await Promise.all(Array.from({ length: 10 }, (_, n) => pass(n)));
    expect(granted).to.deep.equal(Array.from({ length: 10 }, (_, n) => n));
    // One finds it free, the others take their places; then a grant and a release each.
    expect(seen).to.have.length.at.most(1 + 1 + 9 + 10 + 1);
  });

  it('come before those who come later to another daemon, and after those who came earlier', async () => {
    const release = await hold();
    const other = startDaemon(bench.store, bench.clock);
    const passOther = async (n: number): Promise<void> => {
      const request = acquireRequest('a', { waitMs: 60_000 });
      const { leaseId, fencingToken } = grantOf(await other.locks.acquire(request, caller()));
      granted.push(n);
      await other.locks.release({ name: 'a', lease: leaseId, fencingToken, requestId: '' });
    };
    const all: Promise<void>[] = [];
    for (const turn of [0, 1, 2]) {
      all.push(passOther(turn * 10));
      await bench.clock.advance(1);
      for (let n = 1; n < 10; n++) all.push(pass(turn * 10 + n));
      await bench.clock.advance(1);
    }
    await release();
    await bench.clock.advance(100);
    await Promise.all(all);
    expect(granted).to.deep.equal(Array.from({ length: 30 }, (_, n) => n));
  });

  it('go one after the other though places of one transaction have one revision, whoever gives up', async () => {
    const release = await hold();
    const gone = new AbortController();
    const quitters = Array.from({ length: 3 }, () =>
      faultOf(bench.acquire('a', { waitMs: 60_000 }, caller(gone.signal))),
    );
    const all = [0, 1, 2].map((n) => pass(n));
    await bench.clock.advance(1);
    gone.abort();
    await Promise.all(quitters);
    await release();
    await Promise.all(all);
    expect(granted).to.deep.equal([0, 1, 2]);
  });

  it('go before those who come later, whoever gives up, though etcd does not sort places of one revision', async () => {
    const release = await hold();
    bench.faulty.around = (transaction) => transactAsEtcd(bench.store, transaction);
    const gone = new AbortController();
    const first = pass(0);
    await bench.clock.advance(1);
    const second = come();
    const third = pass(2);
    const quitter = faultOf(bench.acquire('a', { waitMs: 60_000 }, caller(gone.signal)));
    await bench.clock.advance(1);
    const last = pass(3, { lease: await session(bench.daemon, 3_600_000) });
    await bench.clock.advance(1);
    gone.abort();
    await quitter;
    await bench.clock.advance(1);
    await release();
    await first;
    const { leaseId, fencingToken } = grantOf(await second);
    // The next one's lease takes a while.
    bench.faulty.onGrant = () => new Promise((resolve) => void bench.clock.timer(5, resolve));
    await bench.release('a', leaseId, { fencingToken });
    await bench.clock.advance(1000);
    await Promise.all([third, last]);
    expect(granted).to.deep.equal([0, 2, 3]);
  });

  it('wait behind the place that is kept for one of them, whose connection broke', async () => {
    const release = await hold();
    const lease = await session(bench.daemon, 3_600_000);
    const broken = new AbortController();
    const first = come();
    await bench.clock.advance(1);
    const second = faultOf(
      bench.acquire('a', { waitMs: 60_000, lease, requestId: 'x' }, caller(broken.signal)),
    );
    const third = pass(3);
    await bench.clock.advance(1);
    broken.abort(CONNECTION_BROKEN);
    await second;
    await release();
    const { leaseId, fencingToken } = grantOf(await first);
    await bench.release('a', leaseId, { fencingToken });
    await bench.clock.advance(100);
    expect(granted).to.deep.equal([]);
    await pass(2, { lease, requestId: 'x' });
    await third;
    expect(granted).to.deep.equal([2, 3]);
  });

  it('keep their order when they ask again at places that are kept for them', async () => {
    const release = await hold();
    const broken = new AbortController();
    const first = come();
    await bench.clock.advance(1);
    const leases = [await session(bench.daemon, 3_600_000), await session(bench.daemon, 3_600_000)];
    const request = (n: number): Partial<AcquireRequest> => ({
      lease: leases[n],
      requestId: `r${n}`,
    });
    const both = [0, 1].map((n) =>
      faultOf(bench.acquire('a', { waitMs: 60_000, ...request(n) }, caller(broken.signal))),
    );
    await bench.clock.advance(1);
    broken.abort(CONNECTION_BROKEN);
    await Promise.all(both);
    const second = pass(1, request(1));
    await bench.clock.advance(1);
    await release();
    const { leaseId, fencingToken } = grantOf(await first);
    await bench.release('a', leaseId, { fencingToken });
    await bench.clock.advance(100);
    // The other one may still come.
    expect(granted).to.deep.equal([]);
    await pass(0, request(0));
    await second;
    expect(granted).to.deep.equal([0, 1]);
  });

  it('are not granted before a waiter of another daemon, whatever wakes them', async () => {
    const release = await hold();
    const other = startDaemon(bench.store, bench.clock);
    const broken = new AbortController();
    const lease = await session(other, 3_600_000);
    const before = acquireRequest('a', { waitMs: 60_000, lease, requestId: 'x' });
    const first = faultOf(other.locks.acquire(before, caller(broken.signal)));
    await bench.clock.advance(1);
    const all = [1, 2, 3].map((n) => pass(n));
    await bench.clock.advance(1);
    broken.abort(CONNECTION_BROKEN);
    await first;
    // Its place is kept, so nobody has the lock.
    await release();
    bench.faulty.endWatches({ reason: 'closed' });
    await bench.clock.advance(100);
    expect(granted).to.deep.equal([]);
    await bench.clock.advance(10_000);
    await Promise.all(all);
    expect(granted).to.deep.equal([1, 2, 3]);
  });

  it('are each told what concerns them alone', async () => {
    const lease = await session(bench.daemon, 3_600_000);
    const { fencingToken } = grantOf(await bench.acquire('a', { lease, requestId: 'mine' }));
    await bench.acquire('b', { requestId: 'used' });
    const ended = grantOf(await bench.acquire('c'));
    await bench.forceRelease('c');
    const waiter = come();
    const [again, reused, dead, fine] = [
      come({ lease, requestId: 'mine' }),
      faultOf(come({ requestId: 'used' })),
      come({ lease: ended.leaseId, waitMs: 20_000 }).catch((error: unknown) => error),
      come(),
    ];
    await bench.clock.advance(1);
    // The same request finds its first outcome, by a lease that holds the lock already.
    expect(grantOf(await again).fencingToken).to.equal(fencingToken);
    expect(await reused).to.have.nested.property('details.reason', 'REQUEST_ID_REUSED');
    await bench.clock.advance(20_000);
    expect(await dead).to.have.property('code', 'NOT_FOUND');
    expect(await keysBelow(bench.store, QUEUE)).to.have.length(2);
    await bench.release('a', lease, { fencingToken });
    const next = grantOf(await waiter);
    await bench.release('a', next.leaseId, next);
    grantOf(await fine);
  });

  it('share it at once if all of them share it', async () => {
    const seen = transactions();
    const all = Array.from({ length: 20 }, () => come({ mode: 'SHARED' }));
    for (const outcome of await Promise.all(all)) grantOf(outcome);
    expect(seen).to.have.length(20);
  });

  it('are refused beyond the limit, and leave no place', async () => {
    const release = await hold();
    const all = Array.from({ length: CROWD + 50 }, (_, n) =>
      pass(n).catch((error: unknown) => error),
    );
    await bench.clock.advance(100);
    expect(await keysBelow(bench.store, QUEUE)).to.have.length(CROWD);
    await release();
    const refused = (await Promise.all(all)).filter((error) => error !== undefined);
    expect(refused).to.have.length(50);
    for (const error of refused)
      expect(error).to.have.nested.property('details.reason', 'QUEUE_FULL');
  });

  it('leave nothing behind, and are all told, if the store does not answer', async () => {
    await hold();
    const first = come();
    await bench.clock.advance(1);
    bench.faulty.around = async (_, run) => {
      // It was applied.
      await run();
      throw unavailable('the answer was lost');
    };
    const all = Array.from({ length: CROWD - 1 }, () => faultOf(come()));
    for (const fault of await Promise.all(all)) {
      expect(fault).to.have.property('code', 'UNAVAILABLE');
    }
    bench.faulty.mend();
    await bench.clock.advance(40_000);
    expect(await keysBelow(bench.store, QUEUE)).to.have.length(1);
    await bench.clock.advance(60_000);
    expect(await first).to.have.property('acquired', false);
  });

  it('do not wait for long for one that gets no answer', async () => {
    let isFirst = true;
    bench.faulty.around = async (_, run) => {
      if (!isFirst) return run();
      isFirst = false;
      return new Promise(() => undefined);
    };
    void come();
    const next = come();
    await bench.clock.advance(1500);
    grantOf(await next);
  });

  it('keep their order, also those who would share it', async () => {
    const release = await hold();
    let answer = (): void => undefined;
    bench.faulty.around = async (_, run) => {
      bench.faulty.mend();
      await new Promise<void>((resolve) => (answer = resolve));
      return run();
    };
    const all = [pass(0), pass(1), pass(2, { mode: 'SHARED' }), pass(3)];
    await bench.clock.advance(1);
    answer();
    await bench.clock.advance(1);
    expect(await keysBelow(bench.store, QUEUE)).to.have.length(4);
    await release();
    await Promise.all(all);
    expect(granted).to.deep.equal([0, 1, 2, 3]);
  });

  it('are left out if they go away while they wait for the others', async () => {
    let answer = (): void => undefined;
    bench.faulty.around = async (_, run) => {
      bench.faulty.mend();
      await new Promise<void>((resolve) => (answer = resolve));
      return run();
    };
    const first = come();
    const gone = new AbortController();
    const second = faultOf(bench.acquire('a', { waitMs: 60_000 }, caller(gone.signal)));
    await bench.clock.advance(1);
    gone.abort();
    const seen = transactions();
    answer();
    grantOf(await first);
    expect(await second).to.have.property('code', 'CANCELLED');
    expect(seen).to.deep.equal([]);
  });

  it('take new places if the lease of the daemon for them has ended', async () => {
    await hold();
    const first = come();
    await bench.clock.advance(1);
    const { entries } = await bench.store.read({
      range: { from: QUEUE, to: '/shared-lock.v1/queue0' },
    });
    const [lease] = entries.map((entry) => entry.lease);
    if (lease === undefined) throw new Error('no place');
    await bench.store.revoke(lease);
    const all = Array.from({ length: 20 }, () => come());
    await bench.clock.advance(100);
    expect(await keysBelow(bench.store, QUEUE)).to.have.length(21);
    await bench.clock.advance(60_000);
    for (const outcome of [first, ...all])
      expect(await outcome).to.have.property('acquired', false);
  });

  it('are seen by who watches the lock, and in the queue, in their order', async () => {
    await hold();
    const gone = new AbortController();
    const watching = await bench.daemon.locks.watch(
      { name: 'a', fromRevision: 0 },
      caller(gone.signal),
    );
    const { events } = collect(watching);
    await bench.clock.advance(1);
    const all = Array.from({ length: 30 }, (_, n) => come({ owner: `o${n}` }));
    await bench.clock.advance(1);
    const { waiters } = await bench.daemon.locks.get('a');
    expect(waiters.map(({ owner }) => owner)).to.deep.equal(all.map((_, n) => `o${n}`));
    expect(events.length).to.be.above(1);
    gone.abort();
    await bench.clock.advance(60_000);
    await Promise.all(all);
  });
});

/** What is created at one revision comes in the order of the keys, also where the newest is asked for, and is cut then. */
async function transactAsEtcd(store: Store, transaction: Transaction): Promise<Outcome> {
  const unsorted = (operation: Operation): Operation =>
    operation.kind === 'read' ? { ...operation, limit: 0 } : operation;
  const { then, else: otherwise } = transaction;
  const outcome = await store.transact({
    ...transaction,
    then: then.map(unsorted),
    else: otherwise.map(unsorted),
  });
  const asked = outcome.succeeded ? then : otherwise;
  const results = outcome.results.map((result, index): OperationResult => {
    const operation = asked[index];
    if (result.kind !== 'read' || operation?.kind !== 'read') return result;
    const { order, limit = 0 } = operation;
    if (limit === 0 || result.entries.length <= limit) return result;
    const entries = [...result.entries];
    // Sorting is stable here.
    if (order === 'create-desc') {
      entries.reverse().sort((a, b) => b.createRevision - a.createRevision);
    }
    const cut = entries.slice(0, limit);
    if (order === 'create-desc') {
      cut.sort((a, b) => b.createRevision - a.createRevision || (a.key < b.key ? 1 : -1));
    }
    return { ...result, entries: cut, more: true };
  });
  return { ...outcome, results };
}
