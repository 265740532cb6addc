import { expect } from 'chai';
import { SystemClock } from '../../src/clock/system-clock.js';
import { isFault } from '../../src/core/errors.js';
import type { Store } from '../../src/store/store.js';
import { eventually, grantIn, pause, WIRES, WORLDS, type World } from '../e2e/worlds.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { openEtcdStore } from '../support/etcd-store.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { FaultyStore } from '../support/faulty-store.js';
import { acquireRequest, caller, grantOf, startDaemon } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { WireError, type WireClient } from '../support/wire-client.js';
import { EmbeddedFolder } from '../unit/store/embedded-folder.js';

const STALE = 'FAILED_PRECONDITION';

const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'written',
    (error: unknown) => (error instanceof WireError || isFault(error) ? error.code : String(error)),
  );

/** Takes a lock from its holder, and has it at once by somebody else. @returns the new holder's token. */
async function passOn(client: WireClient, name: string): Promise<string> {
  await client.call('ForceRelease', { name, reason: 'it hangs' });
  return grantIn(await client.call('Acquire', { name, ttl: '60s' })).fencingToken;
}

for (const [engine, open] of WORLDS) {
  describe(`A write on ${engine} whose lock went to somebody else after the writer had looked`, function () {
    this.timeout(60_000);
    let world: World;
    let daemon: DaemonProcess;

    before(async () => {
      world = await open();
      daemon = await world.start();
    });

    after(async () => {
      await daemon.dispose();
      await world.close();
    });

    for (const [wire, connect] of WIRES) {
      it(`is refused over ${wire}, and the new holder's is done`, async () => {
        const client = connect(daemon);
        const name = `count ${wire}`;
        const lock = `lock ${wire}`;
        const mine = grantIn(await client.call('Acquire', { name: lock, ttl: '60s' }));
        const fence = { lock, token: mine.fencingToken };
        await client.call('SetCounter', { name, value: 5, fence });
        const look = { name: lock, fencingToken: mine.fencingToken };
        expect(await client.call('CheckToken', look)).to.have.property('current', true);
        const token = await passOn(client, lock);
        for (const [method, request] of [
          ['Add', { name, delta: 1, fence }],
          ['SetCounter', { name, value: 9, fence }],
          ['DeleteCounter', { name, fence }],
          ['PutConfig', { namespace: 'fenced', name, document: '{}', fence }],
        ] as const) {
          expect(await outcomeOf(client.call(method, request))).to.equal(STALE, method);
        }
        expect(await client.call('GetCounter', { name })).to.have.property('value', '5');
        const added = await client.call('Add', { name, delta: 1, fence: { lock, token } });
        expect(added).to.have.property('value', '6');
        client.close();
      });
    }
  });
}

describe('A fenced write that is on its way to etcd while the lock goes to somebody else', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let proxy: TcpProxy;
  let slow: DaemonProcess;
  let other: DaemonProcess;

  before(async () => {
    etcd = await startEtcd();
    proxy = await TcpProxy.start(etcd.endpoints[0] ?? '');
    slow = await DaemonProcess.start({ endpoints: [proxy.endpoint] });
    other = await DaemonProcess.start({ endpoints: etcd.endpoints });
  });

  after(async () => {
    await slow.dispose();
    await other.dispose();
    await proxy.dispose();
    await etcd.dispose();
  });

  for (const [wire, connect] of WIRES) {
    it(`is refused over ${wire}`, async () => {
      const client = connect(slow);
      const elsewhere = connect(other);
      const name = `on its way ${wire}`;
      const { fencingToken } = grantIn(await client.call('Acquire', { name, ttl: '60s' }));
      const add = { name, delta: 1, fence: { lock: name, token: fencingToken } };
      expect(await client.call('Add', add)).to.have.property('value', '1');
      proxy.hold('toServer');
      const late = outcomeOf(client.call('Add', add));
      // The daemon has decided and sent; what it sent waits before etcd.
      await eventually('it is on its way', () => Promise.resolve(proxy.heldBytes > 0));
      await pause(100);
      await passOn(elsewhere, name);
      proxy.heal();
      expect(await late).to.equal(STALE);
      expect(await elsewhere.call('GetCounter', { name })).to.have.property('value', '1');
      client.close();
      elsewhere.close();
    });
  }
});

describe('A lock that goes to somebody else between the decision to write and the transaction', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let folder: EmbeddedFolder;

  before(async () => {
    etcd = await startEtcd();
    folder = await EmbeddedFolder.make();
  });

  after(async () => {
    await folder.dispose();
    await etcd.dispose();
  });

  const engines: readonly (readonly [string, () => Promise<Store>])[] = [
    ['embedded', () => folder.open()],
    ['etcd', () => openEtcdStore(etcd.endpoints)],
  ];
  for (const [engine, open] of engines) {
    it(`stops the write on ${engine}`, async () => {
      const store = await open();
      const faulty = new FaultyStore(store);
      const daemon = startDaemon(faulty.store, new SystemClock());
      const other = startDaemon(store, new SystemClock());
      const take = async (): Promise<number> =>
        grantOf(await other.locks.acquire(acquireRequest('l'), caller())).fencingToken;
      const fence = { lock: 'l', token: await take() };
      const add = { name: 'c', delta: 1n, min: undefined, max: undefined, requestId: '', fence };
      await daemon.counters.add(add);
      let newToken = 0;
      faulty.around = async ({ resource }, run) => {
        if (newToken === 0 && resource.endsWith('/counter/c')) {
          newToken = -1;
          const request = { name: 'l', reason: 'test', fencingToken: 0, requestId: '' };
          await other.locks.forceRelease(request);
          newToken = await take();
        }
        return run();
      };
      expect(await outcomeOf(daemon.counters.add(add))).to.equal(STALE);
      expect(newToken).to.be.above(fence.token);
      expect((await other.counters.get('c')).value).to.equal(1n);
      await Promise.all([daemon.stop(), other.stop()]);
      await store.close();
    });
  }
});
