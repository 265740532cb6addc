import { expect } from 'chai';
import type { LeaseId } from '../../../src/core/lease-id.js';
import { unavailable } from '../../../src/core/errors.js';
import { ForwardingStore } from '../../../src/store/forwarding-store.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import {
  acquireRequest,
  caller,
  grantOf,
  keysBelow,
  session,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';

/** Counts what is asked of a store: each kind of question, and each watch that is opened. */
class CountingStore extends ForwardingStore {
  asked: Record<string, number> = {};
  /** Called before each revocation, which waits for it. */
  beforeRevoke: () => Promise<void> = () => Promise.resolve();

  override transact(...asked: Parameters<Store['transact']>): ReturnType<Store['transact']> {
    this.#count('transact');
    return super.transact(...asked);
  }

  override read(...asked: Parameters<Store['read']>): ReturnType<Store['read']> {
    this.#count('read');
    return super.read(...asked);
  }

  override grant(...asked: Parameters<Store['grant']>): ReturnType<Store['grant']> {
    this.#count('grant');
    return super.grant(...asked);
  }

  override renew(...asked: Parameters<Store['renew']>): ReturnType<Store['renew']> {
    this.#count('renew');
    return super.renew(...asked);
  }

  override async revoke(...asked: Parameters<Store['revoke']>): Promise<boolean> {
    this.#count('revoke');
    await this.beforeRevoke();
    return super.revoke(...asked);
  }

  override watch(...asked: Parameters<Store['watch']>): ReturnType<Store['watch']> {
    this.#count('watch');
    return super.watch(...asked);
  }

  #count(what: string): void {
    this.asked[what] = (this.asked[what] ?? 0) + 1;
  }
}

describe('A lock that goes from one waiter of a daemon to the next', () => {
  let clock: VirtualClock;
  let store: MemoryStore;
  let counting: CountingStore;
  let daemon: TestDaemon;
  /** In the order of the grants. */
  let granted: number[];

  beforeEach(() => {
    clock = new VirtualClock();
    store = new MemoryStore({ clock });
    counting = new CountingStore(store);
    daemon = startDaemon(counting, clock);
    granted = [];
  });
  afterEach(() => store.close());

  const release = async (lease: LeaseId, fencingToken: number): Promise<void> => {
    await daemon.locks.release({ name: 'a', lease, fencingToken, requestId: '' });
  };

  /** Somebody who waits for the lock, and gives it back as soon as it has it. */
  const pass = async (n: number, lease?: LeaseId): Promise<void> => {
    const request = acquireRequest('a', { lease, waitMs: 60_000 });
    const grant = grantOf(await daemon.locks.acquire(request, caller()));
    granted.push(n);
    await release(grant.leaseId, grant.fencingToken);
  };

  for (const waiters of [2, 128]) {
    it(`costs the store two transactions a handoff, and nothing else, with ${waiters} waiters`, async () => {
      const leases = await Promise.all(Array.from({ length: waiters }, () => session(daemon)));
      const holder = await session(daemon);
      const first = grantOf(
        await daemon.locks.acquire(acquireRequest('a', { lease: holder }), caller()),
      );
      const all = leases.map((lease, n) => pass(n, lease));
      await clock.advance(1);
      counting.asked = {};
      await release(holder, first.fencingToken);
      await Promise.all(all);
      // Each release, and each grant.
      expect(counting.asked).to.deep.equal({ transact: 2 * waiters + 1 });
      expect(granted).to.deep.equal(leases.map((_, n) => n));
    });
  }

  it('has its own lease renewed beside the grant, and revoked behind the release', async () => {
    const first = grantOf(await daemon.locks.acquire(acquireRequest('a'), caller()));
    let revoke = (): void => undefined;
    counting.beforeRevoke = () => new Promise((resolve) => (revoke = resolve));
    const next = daemon.locks.acquire(acquireRequest('a', { waitMs: 60_000 }), caller());
    await clock.advance(1);
    counting.asked = {};
    await release(first.leaseId, first.fencingToken);
    // Neither the next holder, nor the one before, waits for the revocation, which is under way.
    const { leaseId } = grantOf(await next);
    expect(counting.asked).to.deep.equal({ transact: 2, renew: 1, revoke: 1 });
    expect(await store.inspectLease(first.leaseId)).not.to.equal(undefined);
    revoke();
    await clock.advance(1);
    expect(await store.inspectLease(first.leaseId)).to.equal(undefined);
    expect((await store.inspectLease(leaseId))?.remainingSeconds).to.be.above(9.9);
  });

  it('is heard of from the daemon itself, before any watch tells', async () => {
    const watch = store.watch.bind(store);
    store.watch = (range, from, listener) =>
      watch(range, from, { ...listener, events: () => undefined });
    const first = grantOf(await daemon.locks.acquire(acquireRequest('a'), caller()));
    const all = [0, 1].map((n) => pass(n));
    await clock.advance(1);
    await release(first.leaseId, first.fencingToken);
    await Promise.all(all);
    expect(granted).to.deep.equal([0, 1]);
  });

  it('is heard of though it was released before the watch began', async () => {
    const other = startDaemon(store, clock);
    const first = grantOf(await other.locks.acquire(acquireRequest('a'), caller()));
    const transact = store.transact.bind(store);
    counting.transact = async (asked) => {
      const outcome = await transact(asked);
      if (outcome.succeeded || asked.else.length === 0) return outcome;
      counting.transact = transact;
      await other.locks.release({
        ...{ name: 'a', lease: first.leaseId, fencingToken: first.fencingToken, requestId: '' },
      });
      return outcome;
    };
    await pass(0);
  });

  it('is asked about again by who stands behind one that gives up', async () => {
    const first = grantOf(await daemon.locks.acquire(acquireRequest('a'), caller()));
    const gone = new AbortController();
    const request = acquireRequest('a', { waitMs: 60_000 });
    const quitter = daemon.locks.acquire(request, caller(gone.signal)).catch(() => 'gone');
    await clock.advance(1);
    const waiter = pass(1);
    await clock.advance(1);
    gone.abort();
    expect(await quitter).to.equal('gone');
    await clock.advance(1);
    expect(granted).to.deep.equal([]);
    await release(first.leaseId, first.fencingToken);
    await waiter;
  });

  it('goes on when the grant that the next one waits behind is lost with its lease', async () => {
    const first = grantOf(await daemon.locks.acquire(acquireRequest('a'), caller()));
    const lost = daemon.locks.acquire(acquireRequest('a', { waitMs: 60_000 }), caller());
    await clock.advance(1);
    const waiter = pass(1);
    await clock.advance(1);
    await release(first.leaseId, first.fencingToken);
    const { leaseId } = grantOf(await lost);
    // Its holder dies.
    await clock.advance(9000);
    expect(granted).to.deep.equal([]);
    await clock.advance(2000);
    await waiter;
    expect(await daemon.leases.keepAlive(leaseId).catch(() => 'gone')).to.equal('gone');
  });

  it('goes on when another daemon takes it away by force', async () => {
    await daemon.locks.acquire(acquireRequest('a', { ttlMs: 3_600_000 }), caller());
    const held = daemon.locks.acquire(
      acquireRequest('a', { waitMs: 60_000, ttlMs: 3_600_000 }),
      caller(),
    );
    await clock.advance(1);
    const waiter = pass(1);
    await clock.advance(1);
    const other = startDaemon(store, clock);
    const force = { name: 'a', reason: 'stuck', fencingToken: 0, requestId: '' };
    await other.locks.forceRelease(force);
    grantOf(await held);
    await other.locks.forceRelease(force);
    await waiter;
  });

  it('is waited for at new places when the lease of the old ones has lapsed, of which no watch tells', async () => {
    await daemon.locks.acquire(acquireRequest('a', { ttlMs: 3_600_000 }), caller());
    const all = [0, 1, 2].map((n) => pass(n));
    await clock.advance(1);
    const [place] = (
      await store.read({
        range: { from: '/shared-lock.v1/queue/a/', to: '/shared-lock.v1/queue/a0' },
      })
    ).entries;
    if (place?.lease === undefined) throw new Error('no place');
    await store.revoke(place.lease);
    expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.deep.equal([]);
    // The daemon finds out by its next renewal.
    await clock.advance(4000);
    expect(await keysBelow(store, '/shared-lock.v1/queue/')).to.have.length(3);
    const force = { name: 'a', reason: 'stuck', fencingToken: 0, requestId: '' };
    await daemon.locks.forceRelease(force);
    await Promise.all(all);
    expect(granted).to.have.members([0, 1, 2]);
  });

  it('leaves no watch open', async () => {
    let open = 0;
    const watch = store.watch.bind(store);
    store.watch = (...asked) => {
      open += 1;
      const watching = watch(...asked);
      return {
        close: () => {
          open -= 1;
          watching.close();
        },
      };
    };
    const first = grantOf(await daemon.locks.acquire(acquireRequest('a'), caller()));
    const all = [0, 1, 2].map((n) => pass(n));
    await clock.advance(1);
    expect(open).to.equal(1);
    await release(first.leaseId, first.fencingToken);
    await Promise.all(all);
    expect(open).to.equal(0);
  });

  describe('and whose lease ends', () => {
    it('is NOT_FOUND for its holder as soon as the release is answered', async () => {
      counting.beforeRevoke = () => new Promise(() => undefined);
      const { leaseId, fencingToken } = grantOf(
        await daemon.locks.acquire(acquireRequest('a'), caller()),
      );
      await release(leaseId, fencingToken);
      for (const asking of [daemon.leases.keepAlive(leaseId), daemon.leases.get(leaseId)]) {
        expect(await asking.catch((error: unknown) => error)).to.have.property('code', 'NOT_FOUND');
      }
      const other = acquireRequest('b', { lease: leaseId });
      const fault = await daemon.locks.acquire(other, caller()).catch((error: unknown) => error);
      expect(fault).to.have.property('code', 'NOT_FOUND');
    });

    it('is revoked once the store can be reached again', async () => {
      let tries = 0;
      counting.beforeRevoke = () => {
        tries += 1;
        return tries < 3 ? Promise.reject(unavailable('away')) : Promise.resolve();
      };
      const { leaseId, fencingToken } = grantOf(
        await daemon.locks.acquire(acquireRequest('a', { ttlMs: 3_600_000 }), caller()),
      );
      await release(leaseId, fencingToken);
      expect(await store.inspectLease(leaseId)).not.to.equal(undefined);
      await clock.advance(1000);
      expect(await store.inspectLease(leaseId)).to.equal(undefined);
      expect(await daemon.leases.revoke(leaseId)).to.equal(false);
    });

    it('is not waited for by who revokes it while the store does not answer', async () => {
      counting.beforeRevoke = () => Promise.reject(unavailable('away'));
      const { leaseId, fencingToken } = grantOf(
        await daemon.locks.acquire(acquireRequest('a'), caller()),
      );
      await release(leaseId, fencingToken);
      const revoking = daemon.leases.revoke(leaseId).catch((error: unknown) => error);
      const told = await Promise.race([revoking, clock.advance(1).then(() => 'nothing')]);
      expect(told).to.have.property('code', 'UNAVAILABLE');
      counting.beforeRevoke = () => Promise.resolve();
      expect(await daemon.leases.revoke(leaseId)).to.equal(false);
      expect(await store.inspectLease(leaseId)).to.equal(undefined);
      await clock.advance(1000);
    });

    it('is not waited for, nor left for longer than its TTL, if the daemon is killed before it is revoked', async () => {
      counting.beforeRevoke = () => new Promise(() => undefined);
      const { leaseId, fencingToken } = grantOf(
        await daemon.locks.acquire(acquireRequest('a'), caller()),
      );
      await release(leaseId, fencingToken);
      const other = startDaemon(store, clock);
      const next = grantOf(await other.locks.acquire(acquireRequest('a'), caller()));
      expect(next.fencingToken).to.be.above(fencingToken);
      // It is marked as ending: it takes no lock at other daemons either.
      const again = acquireRequest('b', { lease: leaseId });
      const fault = await other.locks.acquire(again, caller()).catch((error: unknown) => error);
      expect(fault).to.have.property('code', 'NOT_FOUND');
      await clock.advance(10_100);
      expect(await store.inspectLease(leaseId)).to.equal(undefined);
    });

    it('is revoked before the daemon stops', async () => {
      const { leaseId, fencingToken } = grantOf(
        await daemon.locks.acquire(acquireRequest('a', { ttlMs: 3_600_000 }), caller()),
      );
      let revoke = (): void => undefined;
      counting.beforeRevoke = () => new Promise((resolve) => (revoke = resolve));
      await release(leaseId, fencingToken);
      let isStopped = false;
      const stopping = daemon.stop().then(() => (isStopped = true));
      await clock.advance(1);
      expect(isStopped).to.equal(false);
      counting.beforeRevoke = () => Promise.resolve();
      revoke();
      await stopping;
      expect(await store.inspectLease(leaseId)).to.equal(undefined);
    });
  });
});
