import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connect } from '../../../src/client/client.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

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
    for (let n = 0; n < 20; n++) await client.withLock('moment', { ttlMs: 4000 }, work);
    expect(proxy.accepted).to.equal(1);
    await client.close();
    await until('all are closed', () => proxy.connections === 0);
  });

  it('that are held one after the other share the connections of their renewals', async () => {
    await using client = connect({ address });
    for (let n = 0; n < 4; n++) await client.withLock('longer', { ttlMs: 2000 }, () => sleep(800));
    // For calls, for renewals, and the next way of those.
    expect(proxy.accepted).to.equal(3);
    await client.close();
    await until('all are closed', () => proxy.connections === 0);
  });

  it('leave the connections of their renewals open for some seconds only', async () => {
    await using client = connect({ address });
    await client.withLock('longer', { ttlMs: 2000 }, () => sleep(800));
    expect(proxy.connections).to.equal(3);
    await until('only that of calls is open', () => proxy.connections === 1);
  });
});
