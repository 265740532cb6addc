import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connect } from '../../../src/client/client.js';
import { faultOf } from '../../support/services.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

describe('A client whose daemon is away', () => {
  let servers: TestServers;
  let away: Server;
  let attempts: number;

  before(async () => {
    servers = await startServers();
  });

  after(() => servers.stop());

  beforeEach(async () => {
    attempts = 0;
    away = createServer((socket) => {
      attempts += 1;
      socket.on('error', () => undefined).destroy();
    });
    await once(away.listen(0, '127.0.0.1'), 'listening');
  });

  afterEach(() => away.close());

  function addressOfAway(): string {
    return `127.0.0.1:${(away.address() as AddressInfo).port}`; // it listens on a port
  }

  it('tries to connect as often for a hundred waits as for one', async () => {
    await using client = connect({ address: addressOfAway(), deadlineMs: 1500 });
    const waits = Array.from({ length: 100 }, (_, index) => client.acquire(`lock ${index}`));
    const ended = await Promise.allSettled(waits);
    expect(ended.every(({ status }) => status === 'rejected')).to.equal(true);
    // The pauses are 12 ms at least, and double up to 250 ms.
    expect(attempts).to.be.within(3, 25);
  });

  it('tells at once why, until it tries again', async () => {
    await using client = connect({ address: addressOfAway(), deadlineMs: 300 });
    for (const failure of [faultOf(client.acquire('a')), faultOf(client.acquire('b'))]) {
      expect(await failure)
        .to.include({ code: 'UNAVAILABLE' })
        .and.to.have.property('message')
        .that.contains(addressOfAway());
    }
  });

  it('goes on at once when it is back', async () => {
    const proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
    proxy.refuse();
    await using client = connect({ address: `127.0.0.1:${proxy.port}`, deadlineMs: 20_000 });
    const waits = Array.from({ length: 50 }, (_, index) => client.acquire(`lock ${index}`));
    await sleep(1500);
    proxy.heal();
    const backAtMs = performance.now();
    await Promise.all(waits);
    expect(performance.now() - backAtMs).to.be.below(5000);
    await client.close();
    await proxy.dispose();
  });

  it('tries to connect as rarely for many leases', async () => {
    const proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
    const addresses = [`127.0.0.1:${proxy.port}`, addressOfAway()];
    await using client = connect({ addresses, deadlineMs: 500 });
    const options = { ttlMs: 2500 };
    await Promise.all(Array.from({ length: 50 }, (_, n) => client.acquire(`lock ${n}`, options)));
    attempts = 0;
    proxy.refuse();
    proxy.cut();
    await sleep(2000);
    expect(attempts).to.be.below(30);
    await client.close();
    await proxy.dispose();
  });
});
