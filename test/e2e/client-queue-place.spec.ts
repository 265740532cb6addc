import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { AcquireOptions, Client, Lock } from '../../src/index.js';
import { faultOf } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { daemonOf, eventually, WORLDS } from './worlds.js';

for (const [engine, open] of WORLDS) {
  describe(`The place in the queue of a client, on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);
    let proxy: TcpProxy;
    let client: Client;
    let other: Client;

    before(async () => {
      proxy = await TcpProxy.start(on.daemon.grpcAddress);
    });

    beforeEach(() => {
      client = connect({ address: `127.0.0.1:${proxy.port}` });
      other = connect({ address: on.daemon.grpcAddress });
    });

    afterEach(async () => {
      await Promise.all([client.close(), other.close()]);
    });

    after(() => proxy.dispose());

    const ways: readonly [string, (name: string, options: AcquireOptions) => Promise<Lock>][] = [
      ['a lease of its own', (name, options) => client.acquire(name, options)],
      ['a session', async (name, options) => (await client.lease()).acquire(name, options)],
    ];

    for (const [way, acquire] of ways) {
      /** A waits behind the holder, and B behind A. */
      const queue = async (name: string, signal = new AbortController().signal) => {
        const waiting = (count: number) =>
          eventually(
            `${count} wait`,
            async () => (await other.locks.get(name)).waiterCount === count,
          );
        const order: string[] = [];
        const held = await other.acquire(name);
        const a = acquire(name, { signal });
        a.then(
          () => order.push('A'),
          () => undefined,
        );
        await waiting(1);
        const b = other.acquire(name);
        void b.then(() => order.push('B'));
        await waiting(2);
        return { held, a, b, order };
      };

      it(`outlasts its connection, with ${way}`, async () => {
        const { held, a, b, order } = await queue(`cut/${way}`);
        proxy.cut();
        await held.release();
        await (await a).release();
        await (await b).release();
        expect(order).to.deep.equal(['A', 'B']);
      });

      it(`is left at once if it gives up, with ${way}`, async () => {
        const stop = new AbortController();
        const { held, a, b, order } = await queue(`given up/${way}`, stop.signal);
        stop.abort(new Error('enough'));
        expect(await faultOf(a)).to.include({ message: 'enough' });
        const releasedAtMs = Date.now();
        await held.release();
        await (await b).release();
        // A place that is kept would be left after 5 s.
        expect(Date.now() - releasedAtMs).to.be.below(3000);
        expect(order).to.deep.equal(['B']);
      });
    }
  });
}
