import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { Connection } from '../../../src/client/wire/connection.js';
import type { ConnectionEvents } from '../../../src/client/wire/connection.js';
import { loadCallDescriptors } from '../../../src/protocol/call-descriptors.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

const descriptors = loadCallDescriptors();

function connectionTo(address: string, events?: ConnectionEvents): Connection {
  const target = { address, credentials: credentials.createInsecure(), serverName: undefined };
  return new Connection({ clock: new SystemClock(), descriptors }, target, events);
}

describe('A connection of the client', () => {
  let servers: TestServers;

  before(async () => {
    servers = await startServers({ grpc: { concurrentStreams: 7 } });
  });

  after(() => servers.stop());

  it('knows how many calls its daemon takes at once, as soon as it is there', async () => {
    let connection: Connection | undefined;
    await new Promise<void>((resolve) => {
      connection = connectionTo(`127.0.0.1:${servers.grpcPort}`, {
        ready: resolve,
        hasRoom: () => undefined,
        gone: () => undefined,
      });
      expect(connection).to.include({ isReady: false, streamLimit: 1 });
    });
    expect(connection).to.include({ isReady: true, streamLimit: 7 });
    connection?.close();
  });

  it('gives a daemon that does not say how many calls it takes no more than a hundred', async () => {
    const silent = createHttp2Server();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo; // it listens on a port
    const connection = await new Promise<Connection>((resolve) => {
      const made = connectionTo(`127.0.0.1:${port}`, {
        ready: () => resolve(made),
        hasRoom: () => undefined,
        gone: () => undefined,
      });
    });
    expect(connection).to.include({ isReady: true, streamLimit: 100 });
    connection.close();
    silent.close();
  });

  describe('that is closed before it is there', () => {
    let listener: Server;
    let sockets: Socket[];

    beforeEach(async () => {
      sockets = [];
      listener = createServer((socket) => {
        sockets.push(socket);
        socket.on('error', () => undefined).destroy();
      });
      await once(listener.listen(0, '127.0.0.1'), 'listening');
    });

    afterEach(() => listener.close());

    for (const host of ['127.0.0.1', 'localhost', 'ipv4:127.0.0.1']) {
      for (const afterMs of [undefined, 0, 20, 150]) {
        const when = afterMs === undefined ? 'in the same turn' : `after ${afterMs} ms`;
        it(`never connects again: to ${host}, ${when}`, async () => {
          const { port } = listener.address() as AddressInfo; // it listens on a port
          const connection = connectionTo(`${host}:${port}`);
          if (afterMs !== undefined) await sleep(afterMs);
          connection.close();
          await sleep(50);
          const atTheEnd = sockets.length;
          await sleep(400);
          expect(sockets.length).to.equal(atTheEnd);
        });
      }
    }
  });

  it('leaves nothing open if it is closed while it comes to be', async () => {
    const proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
    const connections = Array.from({ length: 10 }, () => connectionTo(`127.0.0.1:${proxy.port}`));
    await until('some are there', () => proxy.connections > 0);
    for (const connection of connections) connection.close();
    await until('none is there', () => proxy.connections === 0);
    await sleep(300);
    expect(proxy.connections).to.equal(0);
    await proxy.dispose();
  });
});
