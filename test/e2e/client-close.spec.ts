import { once } from 'node:events';
import { expect } from 'chai';
import { connect, SharedLockError } from '../../src/index.js';
import type { Client, ClientOptions, Lease, Lock } from '../../src/index.js';
import { Child } from '../support/child.js';
import { faultOf } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { daemonOf, embeddedWorld, eventually, pause } from './worlds.js';

describe('The client library, at the end', function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);
  let client: Client;
  let proxy: TcpProxy;

  before(async () => {
    client = connect({ address: on.daemon.grpcAddress });
    proxy = await TcpProxy.start(on.daemon.grpcAddress);
  });

  after(async () => {
    await client.close();
    await proxy.dispose();
  });

  const waiters = async (name: string): Promise<number> =>
    (await client.locks.get(name)).waiterCount;

  describe('close', () => {
    it('stops the work under what it holds, before it gives that back', async () => {
      const closing = connect({ address: on.daemon.grpcAddress });
      const session = await closing.lease();
      const reasons: unknown[] = [];
      const work = ({ signal }: { signal: AbortSignal }): Promise<void> =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            resolve();
          });
        });
      const works = [
        faultOf(closing.withLock('close/work', {}, work)),
        faultOf(session.withLock('close/session', {}, work)),
        faultOf(closing.election('close/lead').lead({}, work)),
      ];
      await eventually('they work', async () => {
        const states = await Promise.all([
          client.locks.get('close/work'),
          client.locks.get('close/session'),
        ]);
        const { leader } = await client.election('close/lead').get();
        return leader !== undefined && states.every(({ holderCount }) => holderCount === 1);
      });
      void closing.close();
      expect(reasons).to.have.lengthOf(3);
      for (const fault of [...reasons, ...(await Promise.all(works))]) {
        expect(fault).to.include({ code: 'CANCELLED', reason: 'CLIENT_CLOSED' });
      }
    });

    it('is not needed for the process to end, once nothing is held', async () => {
      const idle = new Child('client-idle.ts', [on.daemon.grpcAddress]);
      await idle.until(() => idle.lines.includes('released'));
      const releasedAtMs = performance.now();
      await idle.ended();
      expect(performance.now() - releasedAtMs).to.be.below(3000);
      expect(idle.exitCode).to.equal(0);
    });

    it('gives up about at its deadline what it can not give back, and says so before it ends', async () => {
      const warned: Error[] = [];
      const closing = connect({
        address: `127.0.0.1:${proxy.port}`,
        deadlineMs: 2000,
        onWarning: (warning) => void warned.push(warning),
      });
      // One that waited has a lease of its own, to be given back after the lock.
      const first = await client.acquire('close/cut off');
      const waiting = closing.acquire('close/cut off', { ttlMs: 1000 });
      await eventually('it queues', async () => (await waiters('close/cut off')) === 1);
      await first.release();
      await waiting;
      proxy.blackHole();
      const startedAtMs = performance.now();
      await closing.close();
      // Each of the two calls may take as long as its deadline, but not one after the other.
      expect(performance.now() - startedAtMs).to.be.below(3900);
      expect(warned).to.have.length.above(0);
    });

    it('releases what is held, ends what waits, and may be asked twice', async () => {
      const closing = connect({ address: on.daemon.grpcAddress });
      await using _held = await client.acquire('close/b');
      const lock = await closing.acquire('close/a', { ttlMs: 60_000 });
      const waiting = faultOf(closing.acquire('close/b', { ttlMs: 60_000 }));
      const watch = closing.locks.watch('close/quiet');
      await watch.next();
      const watching = faultOf(watch.next());
      await eventually('it queues', async () => (await waiters('close/b')) === 1);
      await Promise.all([closing.close(), closing.close()]);
      expect(await waiting).to.include({ code: 'CANCELLED', reason: 'CLIENT_CLOSED' });
      expect(await watching).to.include({ code: 'CANCELLED' });
      expect(lock.state).to.equal('RELEASED');
      expect((await client.locks.get('close/a')).holderCount).to.equal(0);
      await eventually('it has left', async () => (await waiters('close/b')) === 0);
      expect(await faultOf(closing.acquire('close/a'))).to.include({ code: 'CANCELLED' });
    });
  });

  describe('close, while work goes on', () => {
    const warnings: Error[] = [];
    const open = (options: ClientOptions = {}): Client =>
      connect({
        address: on.daemon.grpcAddress,
        onWarning: (warning) => void warnings.push(warning),
        ...options,
      });
    beforeEach(() => warnings.splice(0));

    /** Works until it is told to stop, and then for so long. */
    const tidy = (ms: number, ended: (atMs: number) => void, begun: () => void) => {
      return async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
        begun();
        await once(signal, 'abort');
        await pause(ms);
        ended(performance.now());
      };
    };

    const ways: Readonly<
      Record<string, (one: Client, name: string, work: Parameters<Lease['withLock']>[2]) => unknown>
    > = {
      withLock: (one, name, work) => one.withLock(name, { ttlMs: 2000 }, work),
      'withLock of a session': async (one, name, work) =>
        (await one.lease({ ttlMs: 2000 })).withLock(name, {}, work),
    };
    for (const [how, begin] of Object.entries(ways)) {
      it(`keeps what ${how} works under until the work has ended, beyond the TTL`, async () => {
        const name = `tidy/${how}`;
        const closing = open();
        let endedAtMs = 0;
        const begun = new Promise<void>((resolve) => {
          const work = tidy(3000, (atMs) => (endedAtMs = atMs), resolve);
          void Promise.resolve(begin(closing, name, work)).catch(() => undefined);
        });
        await begun;
        const next = client.acquire(name).then((lock) => ({ lock, atMs: performance.now() }));
        await eventually('it queues', async () => (await waiters(name)) === 1);
        await closing.close();
        expect(endedAtMs).to.be.above(0);
        const { lock, atMs } = await next;
        expect(atMs).to.be.above(endedAtMs);
        await lock.release();
        expect(warnings).to.deep.equal([]);
      });
    }

    it('keeps the term of a leader until its work has ended', async () => {
      const closing = open();
      let endedAtMs = 0;
      const begun = new Promise<void>((resolve) => {
        const work = tidy(1000, (atMs) => (endedAtMs = atMs), resolve);
        void closing
          .election('tidy')
          .lead({ ttlMs: 2000, candidate: 'a' }, work)
          .catch(() => undefined);
      });
      await begun;
      const next = client.election('tidy').campaign({ candidate: 'b' });
      const elected = next.then(() => performance.now());
      await closing.close();
      expect(endedAtMs).to.be.above(0);
      expect(await elected).to.be.above(endedAtMs);
      await (await next).resign();
    });

    it('leaves a lock to its TTL if the work does not end in time, and says so', async () => {
      const closing = open({ closeTimeoutMs: 300 });
      let lock: Lock | undefined;
      let finish = (): void => undefined;
      const working = faultOf(
        closing.withLock('stubborn', { ttlMs: 3000 }, (context) => {
          lock = context.lock;
          return new Promise<void>((resolve) => (finish = resolve));
        }),
      );
      await eventually('it works', () => Promise.resolve(lock !== undefined));
      const next = client.acquire('stubborn').then((other) => ({ other, atMs: performance.now() }));
      const startedAtMs = performance.now();
      await closing.close();
      expect(performance.now() - startedAtMs).to.be.below(2000);
      expect(String(warnings)).to.contain('lock "stubborn" has not ended 300 ms after');
      expect(lock?.state).to.equal('HELD');
      await eventually('it is lost', () => Promise.resolve(lock?.state === 'LOST'));
      const lostAtMs = performance.now();
      const { other, atMs } = await next;
      expect(atMs).to.be.above(lostAtMs);
      finish();
      expect(await working).to.include({ code: 'CANCELLED' });
      // The warning says it once.
      expect(warnings).to.have.lengthOf(1);
      await other.release();
    });

    it('gives back at once what nobody works under, also of a session', async () => {
      const closing = open();
      const session = await closing.lease({ ttlMs: 60_000 });
      await session.acquire('idle/session', {});
      await closing.acquire('idle/own', { ttlMs: 60_000 });
      let finish = (): void => undefined;
      let working: Promise<void> | undefined;
      // Not only once others see the lock held: its holder may not have heard of it yet.
      await new Promise<void>((begun) => {
        const work = new Promise<void>((resolve) => (finish = resolve));
        working = session
          .withLock('idle/busy', {}, () => {
            begun();
            return work;
          })
          .catch(() => undefined);
      });
      const closed = closing.close();
      for (const name of ['idle/session', 'idle/own']) {
        await (await client.acquire(name, { waitMs: 5000 })).release();
      }
      expect(await client.tryAcquire('idle/busy')).to.equal(undefined);
      finish();
      await Promise.all([closed, working]);
      expect(await client.tryAcquire('idle/busy')).to.include({ state: 'HELD' });
    });

    it('does not wait for the work that it is called from, which keeps its lock until it has ended', async () => {
      const closing = open();
      const seen: unknown[] = [];
      const fault = await faultOf(
        closing.withLock('inside', { ttlMs: 60_000 }, async ({ signal }) => {
          await closing.close();
          seen.push(signal.aborted, (await client.locks.get('inside')).holderCount);
        }),
      );
      expect(seen).to.deep.equal([true, 1]);
      expect(fault).to.include({ code: 'CANCELLED' });
      await closing.close();
      expect((await client.locks.get('inside')).holderCount).to.equal(0);
      expect(warnings).to.deep.equal([]);
    });
  });

  describe('what goes wrong', () => {
    it('is told with a code, a field and what would be right', async () => {
      const error = await faultOf(client.acquire('..'));
      expect(error).to.be.instanceOf(SharedLockError);
      expect(error).to.include({ code: 'INVALID_ARGUMENT', field: 'name' });
      expect(await faultOf(client.acquire('x', { waitMs: -1 }))).to.include({ field: 'waitMs' });
      expect(() => connect({ address: 'nowhere' })).to.throw(SharedLockError, 'host:port');
      expect(() => connect({ addresses: [] })).to.throw(SharedLockError, 'give 1 to 100');
    });

    it('names the address where no daemon answers, within the deadline', async () => {
      await using nobody = connect({ address: '127.0.0.1:1', deadlineMs: 300 });
      const error = await faultOf(nobody.acquire('x'));
      expect(error).to.include({
        code: 'UNAVAILABLE',
        message: 'no daemon answers at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
      });
    });
  });
});
