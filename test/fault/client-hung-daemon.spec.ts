import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Lock } from '../../src/index.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { type Etcd, startEtcd } from '../support/etcd.js';

describe('A client of three daemons, of which the first hangs', function () {
  this.timeout(120_000);
  let etcd: Etcd;
  let daemons: DaemonProcess[];

  before(async () => {
    etcd = await startEtcd();
    const start = (): Promise<DaemonProcess> =>
      DaemonProcess.start({ endpoints: etcd.endpoints, quiet: true });
    daemons = await Promise.all([start(), start(), start()]);
  });

  afterEach(() => {
    daemons[0]?.signal('SIGCONT');
  });

  after(async () => {
    await Promise.all(daemons.map((daemon) => daemon.dispose()));
    await etcd.dispose();
  });

  for (const [count, ttlMs] of [
    [100, 2000],
    [300, 3000],
  ] as const) {
    it(`loses none of ${count} locks of ${ttlMs} ms`, async () => {
      await using client = connect({ addresses: daemons.map(({ grpcAddress }) => grpcAddress) });
      const names = Array.from({ length: count }, (_, at) => `hung/${ttlMs}/${at}`);
      const locks: Lock[] = [];
      // Not all at once: on a busy machine the first would be over before the last is there.
      while (names.length > 0) {
        const some = names.splice(0, 10).map((name) => client.acquire(name, { ttlMs }));
        locks.push(...(await Promise.all(some)));
      }
      // Renewals are spread over the time between two.
      await new Promise((resolve) => setTimeout(resolve, ttlMs));
      const held = locks.filter(({ state }) => state === 'HELD');
      daemons[0]?.signal('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 2 * ttlMs));
      expect(held.filter(({ state }) => state === 'LOST')).to.have.lengthOf(0);
      expect(held).to.have.lengthOf.above(count / 2);
    });
  }
});
