import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connect } from '../../../src/client/client.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

describe('A watch that is cut right after its state, each time', () => {
  let servers: TestServers;

  before(async () => {
    servers = await startServers();
  });

  after(() => servers.stop());

  it('begins again after pauses that grow', async () => {
    const proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
    await using client = connect({ address: `127.0.0.1:${proxy.port}` });
    // Each of its streams begins with the state.
    const { id } = await client.lease();
    const before = proxy.accepted;
    const stop = new AbortController();
    const watching = (async () => {
      for await (const { kind } of client.leases.watch(id, { signal: stop.signal }))
        expect(kind).to.equal('ALIVE');
    })();
    const cutting = setInterval(() => proxy.cut(), 20);
    await sleep(2000);
    clearInterval(cutting);
    stop.abort();
    await watching;
    expect(proxy.accepted - before).to.be.within(2, 16);
    await client.close();
    await proxy.dispose();
  });
});
