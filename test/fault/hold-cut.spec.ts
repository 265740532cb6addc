import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { HoldClient } from '../support/hold-client.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { grpcClient, type Json, type WireClient } from '../support/wire-client.js';

describe('Hold, when something is cut', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let toEtcd: TcpProxy;
  let cutOff: DaemonProcess;
  let other: DaemonProcess;
  const clients: WireClient[] = [];
  const opened: HoldClient[] = [];

  const hold = (address: string, request: Json): HoldClient => {
    const client = grpcClient(address);
    const held = new HoldClient(client, request);
    clients.push(client);
    opened.push(held);
    return held;
  };

  /** Waits at the other daemon. */
  const successor = async (name: string): Promise<HoldClient> => {
    const next = hold(other.grpcAddress, { name, ttl: '60s', wait: '60s' });
    await next.told('queued');
    return next;
  };

  before(async () => {
    etcd = await startEtcd();
    toEtcd = await TcpProxy.start(etcd.endpoints[0] ?? '');
    [cutOff, other] = await Promise.all([
      DaemonProcess.start({ endpoints: [toEtcd.endpoint] }),
      DaemonProcess.start({ endpoints: etcd.endpoints }),
    ]);
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((held) => held.hangUp()));
    for (const client of clients.splice(0)) client.close();
  });

  after(async () => {
    await Promise.all([cutOff.dispose(), other.dispose()]);
    await toEtcd.dispose();
    await etcd.dispose();
  });

  it('frees the lock of a caller whose connection says nothing any more', async () => {
    const toDaemon = await TcpProxy.start(cutOff.grpcAddress);
    const held = hold(`127.0.0.1:${toDaemon.port}`, { name: 'half-open', ttl: '60s' });
    await held.told('acquired');
    const next = await successor('half-open');
    await held.told('alive');
    toDaemon.freeze();
    const lastHeardMs = held.events.at(-1)?.atMs ?? 0;
    const { atMs } = await next.told('acquired');
    // Not before the holder, who hears nothing, must have given up; and not only when the TTL is over.
    expect(atMs - lastHeardMs).to.be.within(4000, 20_000);
    await toDaemon.dispose();
  });

  it('tells of the loss before the next holder has the lock, if etcd is out of reach', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `cut/${name}`);
    const holders = names.map((name) => hold(cutOff.grpcAddress, { name, ttl: '4s' }));
    await Promise.all(holders.map((held) => held.told('acquired')));
    const successors = await Promise.all(names.map(successor));
    toEtcd.blackHole();
    const grants = await Promise.all(successors.map((next) => next.told('acquired')));
    for (const [index, held] of holders.entries()) {
      const lost = await held.told('lost');
      expect(lost.body).to.include({ cause: 'UNREACHABLE' });
      expect(lost.atMs).to.be.below(grants[index]?.atMs ?? 0);
      expect(held.kinds).to.include('jeopardy');
    }
    toEtcd.heal();
    toEtcd.cut();
  });

  it('leaves the lock of a daemon that is killed until the TTL is over', async () => {
    const held = hold(other.grpcAddress, { name: 'killed', ttl: '3s' });
    await held.told('acquired');
    await other.kill();
    await held.ended;
    const lastHeardMs = held.events.at(-1)?.atMs ?? 0;
    await other.startAgain();
    const next = hold(other.grpcAddress, { name: 'killed', wait: '60s' });
    const { atMs } = await next.told('acquired');
    expect(atMs - lastHeardMs).to.be.above(3000 / 2);
  });
});
