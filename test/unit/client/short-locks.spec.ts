import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connect } from '../../../src/client/client.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

/** What is held for longer gets the connections of renewals. */
const MOMENT_MS = 100;
/** Three, and on a busy machine, where an answer is late, some that take the place of others. */
const MOST = 5;

describe('Locks of a short TTL', function () {
  this.timeout(20_000);
  let servers: TestServers;
  let proxy: TcpProxy;
  let address: string;

  before(async () => {
    servers = await startServers();
  });

  after(() => servers.stop());

  beforeEach(async () => {
    proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
    address = `127.0.0.1:${proxy.port}`;
  });

  afterEach(() => proxy.dispose());

  it('that are held for a moment need no connection of their own', async () => {
    await using client = connect({ address });
    const work = (): undefined => undefined;
    let longestMs = 0;
    for (let n = 0; n < 20; n++) {
      const sinceMs = performance.now();
      await client.withLock('moment', { ttlMs: 4000 }, work);
      longestMs = Math.max(longestMs, performance.now() - sinceMs);
    }
    // A busy machine makes a moment long: then there are those of renewals, once.
    expect(proxy.accepted).to.be.at.most(longestMs < MOMENT_MS ? 1 : MOST);
    await client.close();
    await until('all are closed', () => proxy.connections === 0);
  });

  it('that are held one after the other share the connections of their renewals', async () => {
    await using client = connect({ address });
    for (let n = 0; n < 4; n++) await client.withLock('longer', { ttlMs: 2000 }, () => sleep(800));
    // For calls, for renewals, and the next way of those. Of its own each would have two, so nine in all.
    expect(proxy.accepted).to.be.within(3, MOST);
    await client.close();
    await until('all are closed', () => proxy.connections === 0);
  });

  it('leave the connections of their renewals open for some seconds only', async () => {
    await using client = connect({ address });
    await client.withLock('longer', { ttlMs: 2000 }, () => sleep(800));
    expect(proxy.connections).to.be.within(3, MOST);
    await until('only that of calls is open', () => proxy.connections === 1);
  });
});

describe('A lock of a longer TTL', function () {
  this.timeout(20_000);
  let servers: TestServers;
  let proxy: TcpProxy;

  before(async () => {
    servers = await startServers();
    proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
  });

  after(async () => {
    await proxy.dispose();
    await servers.stop();
  });

  it('has the connection of its renewals long before the first of them', async () => {
    await using client = connect({ address: `127.0.0.1:${proxy.port}` });
    await using lock = await client.acquire('long', { ttlMs: 60_000 });
    expect(proxy.connections).to.equal(1);
    await until('that of renewals is open', () => proxy.connections === 2);
    expect(lock.signal.aborted).to.equal(false);
  });
});
