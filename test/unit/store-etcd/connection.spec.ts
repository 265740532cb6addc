import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { Connection } from '../../../src/store/etcd/connection.js';
import { loadDriver } from '../../../src/store/etcd/driver.js';
import { until } from '../../support/until.js';

describe('a connection to a member that can not be reached', () => {
  let server: Server;
  let attempts: number;
  let connection: Connection;
  beforeEach(async () => {
    attempts = 0;
    server = createServer((socket) => {
      attempts += 1;
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    connection = new Connection(`http://127.0.0.1:${address.port}`, {
      driver: await loadDriver(),
      clock: new SystemClock(),
      tls: undefined,
      auth: undefined,
    });
  });
  afterEach(() => {
    connection.close();
    server.close();
  });

  it('tries again, and says that it is not ready once it is closed', async () => {
    const waiting = connection.waitReady(10_000);
    await until('it has tried again', () => attempts >= 2);
    connection.close();
    expect(await waiting).to.equal(false);
  });

  it('makes no attempt any more once it is closed, though somebody waits for it', async () => {
    const waiting = connection.waitReady(10_000);
    await until('it has tried', () => attempts >= 1);
    connection.close();
    await waiting;
    // What was under way when it was closed may still arrive.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = attempts;
    // Between the first attempts are 200 ms, 320 ms, 512 ms, …
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(attempts).to.equal(before);
  });
});
