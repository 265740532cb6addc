import { expect } from 'chai';
import { connect, LockLostError } from '../../src/index.js';
import type { Client, Lock } from '../../src/index.js';
import type { DaemonProcess } from '../support/daemon-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { etcdWorld, eventually } from './worlds.js';

const TTL_MS = 2000;
const LOCKS = 4;

/** How the holders' daemon loses its etcd: one round each, with several locks at a time. */
const CUTS: readonly (readonly [string, (proxy: TcpProxy) => void])[] = [
  ['is cut off both ways', (proxy) => proxy.blackHole()],
  ['gets no answers', (proxy) => proxy.blackHole('toClient')],
  ['is not heard', (proxy) => proxy.blackHole('toServer')],
  [
    'is refused',
    (proxy) => {
      proxy.refuse();
      proxy.cut();
    },
  ],
  ['is held up', (proxy) => proxy.hold()],
];

describe('A client whose lock is lost', function () {
  this.timeout(90_000);
  let proxy: TcpProxy;
  let cutOff: DaemonProcess;
  let healthy: DaemonProcess;
  let holder: Client;
  let waiter: Client;
  let close: () => Promise<void>;

  before(async () => {
    const world = await etcdWorld();
    proxy = await TcpProxy.start(world.etcd.endpoints[0] ?? '');
    [cutOff, healthy] = await Promise.all([
      world.start({ endpoints: [proxy.endpoint] }),
      world.start(),
    ]);
    holder = connect({ address: cutOff.grpcAddress, deadlineMs: 3000 });
    waiter = connect({ address: healthy.grpcAddress });
    close = () => world.close();
  });

  after(async () => {
    await holder.close();
    await waiter.close();
    await cutOff.dispose();
    await healthy.dispose();
    await proxy.dispose();
    await close();
  });

  /** The lock, and when its loss was told, on the clock that the waiters use too. */
  const hold = async (name: string): Promise<{ lock: Lock; lostAtMs: () => number }> => {
    const lock = await holder.acquire(name, { ttlMs: TTL_MS, waitMs: 20_000 });
    let lostAtMs = Infinity;
    lock.signal.addEventListener('abort', () => {
      lostAtMs = performance.now();
    });
    return { lock, lostAtMs: () => lostAtMs };
  };

  for (const [how, cut] of CUTS) {
    it(`is told before the next holder is granted it: its daemon ${how}`, async () => {
      const names = Array.from({ length: LOCKS }, (_, index) => `${how} ${index}`);
      const holds = await Promise.all(names.map(hold));
      const granted = names.map((name) =>
        waiter.acquire(name).then((lock) => ({ lock, atMs: performance.now() })),
      );
      await Promise.all(
        names.map((name) =>
          eventually('it queues', async () => (await waiter.locks.get(name)).waiterCount === 1),
        ),
      );
      cut(proxy);
      const next = await Promise.all(granted);
      proxy.heal();
      for (const [index, { lock, lostAtMs }] of holds.entries()) {
        expect(lostAtMs()).to.be.below(next[index]?.atMs ?? 0);
        expect(next[index]?.lock.fencingToken).to.be.above(lock.fencingToken);
        expect(lock.signal.reason).to.be.instanceOf(LockLostError);
        expect(lock.signal.reason).to.have.nested.property('why.kind', 'UNREACHABLE');
        expect(await lock.release()).to.equal(false);
      }
      await Promise.all(next.map(({ lock }) => lock.release()));
    });
  }
});
