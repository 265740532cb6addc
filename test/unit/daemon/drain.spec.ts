import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { startDaemon, type Daemon } from '../../../src/daemon/daemon.js';
import { createLogging } from '../../../src/telemetry/logging.js';
import { clientsOf, type GrpcClients } from '../../support/grpc-clients.js';
import { load } from '../config/fixture.js';

describe('a daemon that is told to stop', () => {
  const DELAY_MS = 5000;
  let clock: VirtualClock;
  let daemon: Daemon;
  let clients: GrpcClients;
  let leaseId: string;
  let stopped: Promise<void>;
  let isStopped: boolean;

  const http = (path: string, body?: object): Promise<Response> =>
    fetch(`http://127.0.0.1:${daemon.httpPort}${path}`, {
      headers: { 'content-type': 'application/json', connection: 'close' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });

  beforeEach(async () => {
    const { config } = load({
      flags: { port: '0', 'grpc-port': '0', storage: 'memory', 'log-level': 'silent' },
      env: { SHARED_LOCK_SERVER_DRAIN_DELAY: `${DELAY_MS}ms` },
    });
    clock = new VirtualClock();
    const logging = createLogging(config.log);
    daemon = await startDaemon(config, {
      ...{ version: '1', pid: 1, clock, logging },
      stopping: new AbortController().signal,
    });
    clients = clientsOf(`127.0.0.1:${daemon.grpcPort}`, credentials.createInsecure());
    const acquired = await http('/v1/locks/a:acquire', { ttl: '60s' });
    const { grant } = (await acquired.json()) as { grant: { leaseId: string } }; // of the API
    leaseId = grant.leaseId;
    isStopped = false;
    stopped = daemon.stop().then(() => {
      isStopped = true;
    });
  });
  afterEach(async () => {
    clients.close();
    while (!isStopped) await clock.advance(1000);
    await stopped;
  });

  context('while the drain delay lasts', () => {
    it('says on both wires that it is not ready', async () => {
      const ready = await http('/readyz');
      expect(ready.status).to.equal(503);
      expect(await ready.text()).to.contain('stopping');
      const health = await new Promise((resolve, reject) => {
        clients.health.check({ service: '' }, (error, response) => {
          if (error === null) resolve(response);
          else reject(error);
        });
      });
      expect(health).to.deep.equal({ status: 'NOT_SERVING' });
    });

    it('goes on serving: holders renew and release', async () => {
      expect((await http(`/v1/leases/${leaseId}:keepAlive`, {})).status).to.equal(200);
      expect((await http('/v1/locks/a')).status).to.equal(200);
      expect((await http('/v1/locks/a:release', { leaseId })).status).to.equal(200);
    });

    it('gives out no new locks and leases, and says why', async () => {
      for (const [path, body] of [
        ['/v1/locks/b:acquire', {}],
        ['/v1/leases', { ttl: '10s' }],
      ] as const) {
        const refused = await http(path, body);
        expect(refused.status).to.equal(503);
        expect(await refused.text()).to.contain('STOPPING');
      }
    });
  });

  it('closes its ports when the drain delay is over, and not before', async () => {
    await clock.advance(DELAY_MS - 1);
    expect(isStopped).to.equal(false);
    expect((await http('/livez')).status).to.equal(200);
    await clock.advance(1);
    await stopped;
    const refused = await http('/livez').catch((error: unknown) => error);
    expect(refused).to.be.an.instanceOf(TypeError);
  });
});
