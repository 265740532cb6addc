import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import type { DaemonProcess } from '../support/daemon-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { duringTests, etcdWorld } from './worlds.js';

/** Two daemons on one etcd, as long as the tests of the surrounding `describe` run. */
export interface CutOffDaemon {
  /** Between etcd and the daemon that is to be cut off. */
  readonly proxy: TcpProxy;
  readonly cutOff: DaemonProcess;
  /** A client of the other daemon, which always has etcd. */
  readonly waiter: Client;
}

/** Ways in which a daemon loses its etcd. */
export const CUTS: readonly (readonly [string, (proxy: TcpProxy) => void])[] = [
  ['is cut off both ways', (proxy) => proxy.blackHole()],
  ['gets no answers', (proxy) => proxy.blackHole('toClient')],
  ['is not heard', (proxy) => proxy.blackHole('toServer')],
  ['is held up', (proxy) => proxy.hold()],
];

export function cutOffDaemon(): CutOffDaemon {
  return duringTests(async () => {
    const world = await etcdWorld();
    const proxy = await TcpProxy.start(world.etcd.endpoints[0] ?? '');
    const [cutOff, healthy] = await Promise.all([
      world.start({ endpoints: [proxy.endpoint] }),
      world.start(),
    ]);
    const waiter = connect({ address: healthy.grpcAddress });
    const close = async (): Promise<void> => {
      await waiter.close();
      await Promise.all([cutOff.dispose(), healthy.dispose()]);
      await proxy.dispose();
      await world.close();
    };
    return [{ proxy, cutOff, waiter }, close];
  });
}
