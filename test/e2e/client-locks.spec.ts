import { expect } from 'chai';
import { connect, LockLostError, NotAcquiredError, SharedLockError } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { faultOf } from '../support/services.js';
import { daemonOf, embeddedWorld, eventually, pause } from './worlds.js';

describe('The client library', function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);
  let client: Client;
  let other: Client;
  const warnings: Error[] = [];

  before(() => {
    const onWarning = (warning: Error): void => void warnings.push(warning);
    client = connect({ address: on.daemon.grpcAddress, owner: 'one', onWarning });
    other = connect({ address: on.daemon.grpcAddress, owner: 'two', onWarning });
  });

  afterEach(() => {
    expect(warnings).to.deep.equal([]);
  });

  after(async () => {
    await client.close();
    await other.close();
  });

  const waiters = async (name: string): Promise<number> =>
    (await other.locks.get(name)).waiterCount;

  describe('withLock', () => {
    it('runs the work under the lock, and releases it', async () => {
      const seen = await client.withLock('with', {}, async ({ fencingToken, signal, lease }) => {
        const { holders } = await other.locks.get('with');
        expect(signal.aborted).to.equal(false);
        expect(lease.state).to.equal('HELD');
        expect(holders[0]).to.include({ owner: 'one', fencingToken });
        return fencingToken;
      });
      expect(seen).to.be.above(0);
      expect((await other.locks.get('with')).holderCount).to.equal(0);
    });

    it("throws the work's own error, whatever a warning is answered with", async () => {
      const rude = connect({
        address: on.daemon.grpcAddress,
        onWarning: () => {
          throw new Error('rude');
        },
      });
      const failing = rude.withLock('work/rude', {}, async () => {
        void rude.close();
        await pause(50);
        throw new Error('mine');
      });
      expect(await failing.catch(String)).to.equal('Error: mine');
    });

    it("throws the work's own error, after the lock was released", async () => {
      const own = new Error('my own');
      const error = await faultOf(client.withLock('with', {}, () => Promise.reject(own)));
      expect(error).to.equal(own);
      expect((await other.locks.get('with')).holderCount).to.equal(0);
    });

    it('keeps the lock beyond its TTL', async () => {
      await client.withLock('kept', { ttlMs: 2000 }, async ({ lock, fencingToken }) => {
        await new Promise((resolve) => setTimeout(resolve, 3000));
        lock.assertHeld();
        expect((await other.locks.checkToken('kept', fencingToken)).current).to.equal(true);
      });
    });

    it('throws LockLostError if an operator took the lock away meanwhile', async () => {
      const error = await faultOf(
        client.withLock('taken', { ttlMs: 2000 }, async ({ signal }) => {
          await other.locks.forceRelease('taken', { reason: 'it hangs' });
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve);
          });
        }),
      );
      expect(error).to.be.instanceOf(LockLostError);
      expect(error).to.include({ lockName: 'taken' });
    });
  });

  describe('a lock', () => {
    it('is released at the end of an await using block', async () => {
      {
        await using lock = await client.acquire('scoped');
        expect(lock.state).to.equal('HELD');
      }
      expect((await other.locks.get('scoped')).holderCount).to.equal(0);
    });

    it('is released once, however often that is asked for', async () => {
      const lock = await client.acquire('once');
      expect(await Promise.all([lock.release(), lock.release()])).to.deep.equal([true, true]);
      const next = await other.acquire('once');
      expect(await lock.release()).to.equal(true);
      expect(next.state).to.equal('HELD');
      expect(() => lock.assertHeld()).to.throw(SharedLockError, 'was released');
      await next.release();
    });

    it('can be shared, and be a semaphore', async () => {
      const readers = [client, other].map((one) => one.acquire('table', { mode: 'SHARED' }));
      const permits = [client, other].map((one) => one.acquire('pool', { limit: 2 }));
      expect(await client.tryAcquire('table')).to.equal(undefined);
      expect(await client.tryAcquire('pool', { limit: 2 })).to.equal(undefined);
      const locks = await Promise.all([...readers, ...permits]);
      await Promise.all(locks.map((lock) => lock.release()));
    });

    it('guards what is written with its token', async () => {
      const lock = await client.acquire('guard');
      const counter = client.counter('guarded');
      expect(await counter.add(2n, { fence: lock })).to.deep.equal({ value: 2n, previous: 0n });
      await lock.release();
      const error = await faultOf(counter.add(1n, { fence: lock }));
      expect(error).to.include({ code: 'FAILED_PRECONDITION' });
      expect(await counter.get()).to.equal(2n);
    });
  });

  describe('waiting', () => {
    it('is over when the lock is there', async () => {
      const held = await other.acquire('handed');
      const waiting = client.acquire('handed', { ttlMs: 2000 });
      await eventually('it queues', async () => (await waiters('handed')) === 1);
      await held.release();
      const lock = await waiting;
      expect(lock.fencingToken).to.be.above(held.fencingToken);
      expect(lock.state).to.equal('HELD');
      expect(await lock.release()).to.equal(true);
    });

    it('ends with NotAcquiredError, that names the holders, when its time is over', async () => {
      await using _held = await other.acquire('busy');
      const error = await faultOf(client.acquire('busy', { waitMs: 300 }));
      expect(error).to.be.instanceOf(NotAcquiredError);
      expect((error as NotAcquiredError).holders[0]).to.include({ owner: 'two' });
      expect(await client.tryAcquire('busy')).to.equal(undefined);
    });

    it('leaves the queue as soon as the signal aborts, with its reason', async () => {
      const held = await other.acquire('left');
      const stop = new AbortController();
      const waiting = client.acquire('left', { signal: stop.signal });
      await eventually('it queues', async () => (await waiters('left')) === 1);
      stop.abort(new Error('enough'));
      expect(await faultOf(waiting)).to.include({ message: 'enough' });
      await eventually('it has left', async () => (await waiters('left')) === 0);
      await held.release();
      await using next = await other.acquire('left', { waitMs: 5000 });
      expect(next.state).to.equal('HELD');
    });

    it('leaves nothing behind, whenever the signal aborts', async () => {
      for (let delayMs = 0; delayMs < 12; delayMs++) {
        const stop = new AbortController();
        const acquiring = client.acquire('fickle', { ttlMs: 60_000, signal: stop.signal });
        setTimeout(() => stop.abort(new Error('enough')), delayMs);
        await acquiring.then((lock) => lock.release()).catch(() => undefined);
      }
      // All of them would hold it for a minute.
      await using lock = await other.acquire('fickle', { waitMs: 5000 });
      expect(lock.state).to.equal('HELD');
    });
  });

  describe('a lease', () => {
    it('holds many locks, which all go with it', async () => {
      const lease = await client.lease({ ttlMs: 5000 });
      const locks = [await lease.acquire('many/a'), await lease.acquire('many/b')];
      expect(locks.map((lock) => lock.lease.id)).to.deep.equal([lease.id, lease.id]);
      const { holds } = await client.leases.get(lease.id);
      expect(holds.map(({ name }) => name).sort()).to.deep.equal(['many/a', 'many/b']);
      expect(await lease.revoke()).to.equal(true);
      expect(lease.state).to.equal('RELEASED');
      expect((await other.locks.get('many/a')).holderCount).to.equal(0);
    });

    it('refuses a second lock of the same name, which would be the first one', async () => {
      await using lease = await client.lease();
      const lock = await lease.acquire('twice');
      const error = await faultOf(lease.acquire('twice'));
      expect(error).to.include({ code: 'FAILED_PRECONDITION' });
      await lock.release();
      expect(await lease.tryAcquire('twice')).to.include({ state: 'HELD' });
    });

    it('refuses options that there are not', async () => {
      await using lease = await client.lease();
      const error = await faultOf(lease.acquire('spelt', { waitMS: 0 } as never));
      expect(error).to.include({ code: 'INVALID_ARGUMENT', field: 'waitMS' });
    });

    it('finds out that an operator took one of its locks, and keeps the others', async () => {
      await using lease = await client.lease({ ttlMs: 2000 });
      const [taken, kept] = [await lease.acquire('part/a'), await lease.acquire('part/b')];
      await other.locks.forceRelease('part/a', { reason: 'it hangs' });
      await eventually('it is lost', () => Promise.resolve(taken.signal.aborted));
      expect(taken.signal.reason).to.have.nested.property('why.kind', 'PREEMPTED');
      expect(kept.state).to.equal('HELD');
      expect(lease.state).to.equal('HELD');
    });

    it('is lost at once when a daemon says that it has ended', async () => {
      const lease = await client.lease({ ttlMs: 3000 });
      const lock = await lease.acquire('revoked');
      await other.leases.revoke(lease.id);
      await eventually('it is lost', () => Promise.resolve(lock.state === 'LOST'), 2500);
      expect(lease.signal.reason).to.have.nested.property('why.kind', 'ENDED');
      expect(() => lock.assertHeld()).to.throw(LockLostError, 'expired or was revoked');
      expect(await lock.release()).to.equal(false);
    });
  });

  describe('looking at locks', () => {
    it('lists them page by page, by prefix and label', async () => {
      await using lease = await client.lease();
      for (const name of ['ls/a', 'ls/b', 'ls/c']) {
        await lease.acquire(name, { labels: { kind: name === 'ls/b' ? 'odd' : 'even' } });
      }
      const names: string[] = [];
      for await (const { name } of client.locks.list({ prefix: 'ls/', pageSize: 2 })) {
        names.push(name);
      }
      expect(names).to.deep.equal(['ls/a', 'ls/b', 'ls/c']);
      const odd = await client.locks.listPage({ prefix: 'ls/', labels: { kind: 'odd' } });
      expect(odd.locks.map(({ name }) => name)).to.deep.equal(['ls/b']);
    });

    it('watches every change, and ends without an error when the signal aborts', async () => {
      const stop = new AbortController();
      const kinds: string[] = [];
      const watching = (async () => {
        for await (const { kind } of client.locks.watch('seen', { signal: stop.signal })) {
          kinds.push(kind);
          if (kind === 'RELEASED') stop.abort();
        }
      })();
      await eventually('it watches', () => Promise.resolve(kinds.length === 1));
      await (await other.acquire('seen')).release();
      await watching;
      expect(kinds).to.deep.equal(['STATE', 'ACQUIRED', 'RELEASED']);
    });

    it('takes a lock that nobody keeps, for programs that end before it', async () => {
      const tried = await client.locks.acquireOnce('unkept', { ttlMs: 60_000 });
      if (tried.kind === 'held') throw new Error('it is free');
      const { leaseId } = tried.grant;
      expect(await client.locks.acquireOnce('unkept')).to.include({ kind: 'held' });
      expect(await other.leases.keepAlive(leaseId)).to.equal(60_000);
      expect(await other.locks.release('unkept', { leaseId })).to.equal(true);
    });
  });

  describe('a counter', () => {
    it('is read, set, compared, watched and deleted', async () => {
      const counter = client.counter('c/one');
      const seen: bigint[] = [];
      const watching = (async () => {
        for await (const { value } of other.counter('c/one').watch()) {
          seen.push(value);
          if (seen.length === 3) return;
        }
      })();
      await eventually('it watches', () => Promise.resolve(seen.length === 1));
      await counter.set(2n ** 62n);
      expect(await counter.set(1n, { expected: 2n ** 62n })).to.include({ value: 1n });
      await watching;
      expect(seen).to.deep.equal([0n, 2n ** 62n, 1n]);
      expect(await faultOf(counter.add(1n, { max: 1n }))).to.include({
        code: 'OUT_OF_RANGE',
        reason: 'COUNTER_BOUNDS',
      });
      const names: string[] = [];
      for await (const { name } of client.counters({ prefix: 'c/' })) names.push(name);
      expect(names).to.deep.equal(['c/one']);
      expect(await counter.delete()).to.deep.equal({ deleted: true, previous: 1n });
    });
  });
});
