import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { Child } from '../support/child.js';
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
  let holder: Child;
  let waiter: Client;
  let close: () => Promise<void>;

  before(async () => {
    const world = await etcdWorld();
    proxy = await TcpProxy.start(world.etcd.endpoints[0] ?? '');
    [cutOff, healthy] = await Promise.all([
      world.start({ endpoints: [proxy.endpoint] }),
      world.start(),
    ]);
    holder = new Child('client-holder.ts', [cutOff.grpcAddress, String(TTL_MS)]);
    waiter = connect({ address: healthy.grpcAddress });
    close = () => world.close();
  });

  after(async () => {
    await holder.kill();
    await waiter.close();
    await cutOff.dispose();
    await healthy.dispose();
    await proxy.dispose();
    await close();
  });

  /** What the holder's process says of a lock, once it does. */
  const says = async (word: 'held' | 'lost' | 'released', name: string): Promise<string[]> => {
    const start = `${word} ${name} `;
    const find = (): string | undefined => holder.lines.find((line) => line.startsWith(start));
    await holder.until(() => find() !== undefined);
    return find()?.slice(start.length).split(' ') ?? [];
  };

  for (const [how, cut] of CUTS) {
    it(`is told before the next holder is granted it: its daemon ${how}`, async () => {
      const names = Array.from({ length: LOCKS }, (_, index) => `${how} ${index}`);
      holder.write(names.map((name) => `${name}\n`).join(''));
      const tokens = await Promise.all(names.map((name) => says('held', name)));
      const granted = names.map((name) =>
        waiter.acquire(name).then((lock) => ({ lock, atNs: process.hrtime.bigint() })),
      );
      await Promise.all(
        names.map((name) =>
          eventually('it queues', async () => (await waiter.locks.get(name)).waiterCount === 1),
        ),
      );
      cut(proxy);
      const next = await Promise.all(granted);
      proxy.heal();
      for (const [index, { lock, atNs }] of next.entries()) {
        const [lostAtNs = '', why] = await says('lost', lock.name);
        // Of one clock: the signal came in another process.
        expect(Number(atNs - BigInt(lostAtNs))).to.be.above(0);
        expect(why).to.equal('UNREACHABLE');
        expect(lock.fencingToken).to.be.above(Number(tokens[index]?.[0]));
        expect(await says('released', lock.name)).to.deep.equal(['false']);
      }
      await Promise.all(next.map(({ lock }) => lock.release()));
    });
  }
});
