import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client, Lease, Lock } from '../../src/index.js';
import { faultOf } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { daemonOf, eventually, pause, WORLDS } from './worlds.js';

const TRIES = 200;
const TRIES_WITH_A_CUT = 20;

for (const [engine, open] of WORLDS) {
  describe(`A session that asks again for a lock, on ${engine}`, function () {
    this.timeout(120_000);
    const on = daemonOf(open);
    let proxy: TcpProxy;
    let other: Client;
    let client: Client;
    let lease: Lease;

    before(async () => {
      proxy = await TcpProxy.start(on.daemon.grpcAddress);
      other = connect({ address: on.daemon.grpcAddress });
    });

    beforeEach(async () => {
      client = connect({ address: `127.0.0.1:${proxy.port}`, deadlineMs: 3000 });
      lease = await client.lease({ ttlMs: 30_000 });
    });

    afterEach(async () => {
      proxy.heal();
      await client.close();
    });

    after(async () => {
      await other.close();
      await proxy.dispose();
    });

    /** What each says of itself is what the daemon says. */
    const expectHeld = async (locks: readonly Lock[]): Promise<void> => {
      const stray: string[] = [];
      for (const { name, fencingToken, state } of locks) {
        const { current } = await other.locks.checkToken(name, fencingToken);
        if (!current || state !== 'HELD') stray.push(`${name} ${state}, at the daemon ${current}`);
      }
      expect(stray).to.deep.equal([]);
    };

    /** Gives up an acquire after a while, and asks again. */
    const askTwice = async (name: string, giveUp: (stop: () => void) => void): Promise<Lock> => {
      const stop = new AbortController();
      const first = lease.acquire(name, { signal: stop.signal });
      giveUp(() => stop.abort(new Error('enough')));
      const early = await first.catch(() => undefined);
      if (early !== undefined) await early.release();
      return lease.acquire(name, { waitMs: 5000 });
    };

    it(`holds what it is told, after ${TRIES} that it gave up while they were handed to it`, async () => {
      await using holder = await other.lease({ ttlMs: 30_000 });
      const locks: Lock[] = [];
      for (let index = 0; index < TRIES; index++) {
        const held = await holder.acquire(`twice/${index}`);
        const lock = await askTwice(held.name, (stop) => {
          // It is given up before, while, and after it is granted.
          setTimeout(() => void held.release(), 8);
          setTimeout(stop, 8 + (index % 8));
        });
        locks.push(lock);
      }
      // The last releases are on their way for a while.
      await pause(300);
      await expectHeld(locks);
    });

    it(`holds what it is told, after ${TRIES_WITH_A_CUT} whose connection was reset`, async () => {
      const locks: Lock[] = [];
      for (let index = 0; index < TRIES_WITH_A_CUT; index++) {
        locks.push(
          await askTwice(`cut/${index}`, (stop) => {
            setTimeout(() => proxy.cut(), index % 3);
            setTimeout(stop, 1 + (index % 4));
          }),
        );
      }
      await pause(300);
      await expectHeld(locks);
    });

    it('is not freed by a request that arrives when its sender has long given up', async () => {
      // So that the way is there.
      await lease.tryAcquire('late');
      proxy.hold('toServer');
      const stop = new AbortController();
      const first = faultOf(lease.acquire('late/acquire', { signal: stop.signal }));
      await eventually('it is under way', () => Promise.resolve(proxy.heldBytes > 0));
      stop.abort(new Error('enough'));
      expect(await first).to.include({ message: 'enough' });
      // The acquire, and the release of what it may have got, are kept back, and arrive last.
      await pause(100);
      const arrive = proxy.cutClient();
      proxy.heal();
      const lock = await lease.acquire('late/acquire', { waitMs: 5000 });
      arrive();
      await pause(300);
      await expectHeld([lock]);
      expect(await lock.release()).to.equal(true);
      const { holderCount } = await other.locks.get('late/acquire');
      expect(holderCount).to.equal(0);
    });

    it('gets a lock again whose release was not answered, as a new grant', async () => {
      const lock = await lease.acquire('unanswered');
      proxy.hold('toServer');
      const released = faultOf(lock.release());
      await eventually('it is under way', () => Promise.resolve(proxy.heldBytes > 0));
      const again = lease.acquire('unanswered', { waitMs: 20_000 });
      expect(await released)
        .to.have.property('code')
        .that.is.oneOf(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);
      const arrive = proxy.cutClient();
      proxy.heal();
      const next = await again;
      arrive();
      await pause(300);
      expect(next.fencingToken).to.be.above(lock.fencingToken);
      await expectHeld([next]);
    });

    it('leaves nothing behind of what it gave up, though the request arrives later', async () => {
      proxy.hold('toServer');
      const stop = new AbortController();
      const first = faultOf(lease.acquire('left', { signal: stop.signal }));
      await eventually('it is under way', () => Promise.resolve(proxy.heldBytes > 0));
      stop.abort(new Error('enough'));
      await first;
      const arrive = proxy.cutClient();
      proxy.heal();
      // It gets the lock once what it gave up is withdrawn.
      const lock = await lease.acquire('left', { waitMs: 5000 });
      await lock.release();
      arrive();
      await pause(300);
      expect((await other.locks.get('left')).holderCount).to.equal(0);
      expect(lease.state).to.equal('HELD');
    });

    it('says that it does not know yet, if a release is not answered in time', async () => {
      const lock = await lease.acquire('pending');
      proxy.hold('toServer');
      const released = faultOf(lock.release());
      expect(await faultOf(lease.tryAcquire('pending'))).to.include({
        code: 'UNAVAILABLE',
        reason: 'RELEASE_PENDING',
      });
      await released;
      expect(
        await faultOf(lease.tryAcquire('pending', { signal: AbortSignal.abort() })),
      ).to.include({
        name: 'AbortError',
      });
      proxy.heal();
      const next = await lease.acquire('pending', { waitMs: 10_000 });
      expect(next.fencingToken).to.be.above(lock.fencingToken);
    });
  });
}
