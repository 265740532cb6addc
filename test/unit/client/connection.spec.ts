import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { Connection } from '../../../src/client/wire/connection.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

describe('A connection of the client', () => {
  let servers: TestServers;

  before(async () => {
    servers = await startServers({ grpc: { concurrentStreams: 7 } });
  });

  after(() => servers.stop());

  it('knows how many calls its daemon takes at once, as soon as it is there', async () => {
    const target = {
      address: `127.0.0.1:${servers.grpcPort}`,
      credentials: credentials.createInsecure(),
      serverName: undefined,
    };
    let connection: Connection | undefined;
    await new Promise<void>((resolve) => {
      connection = new Connection(new SystemClock(), target, {
        ready: resolve,
        gone: () => undefined,
      });
      expect(connection).to.include({ isReady: false, streamLimit: 1 });
    });
    expect(connection).to.include({ isReady: true, streamLimit: 7 });
    connection?.close();
  });
});
