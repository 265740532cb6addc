import { connect as connectHttp2 } from 'node:http2';
import { Agent, get } from 'node:http';
import { once } from 'node:events';
import { expect } from 'chai';
import { connect, type Client } from '../../../src/index.js';
import { HoldClient } from '../../support/hold-client.js';
import { until } from '../../support/until.js';
import { grpcClient } from '../../support/wire-client.js';
import {
  startServers,
  type TestServerOptions,
  type TestServers,
} from '../../support/wire-servers.js';

const MAX_AGE_MS = 200;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('A connection that is too old', function () {
  this.timeout(30_000);
  let servers: TestServers;
  let client: Client;

  const start = async (options: TestServerOptions): Promise<void> => {
    servers = await startServers(options);
    client = connect({ address: `127.0.0.1:${servers.grpcPort}` });
  };

  afterEach(async () => {
    await client.close();
    await servers.stop();
  });

  const waiters = async (): Promise<number> => (await servers.daemon.locks.get('a')).waiterCount;

  it('is asked to be changed by a GOAWAY without an error', async () => {
    await start({ grpc: { maxAgeMs: MAX_AGE_MS } });
    const session = connectHttp2(`http://127.0.0.1:${servers.grpcPort}`);
    const [code] = (await once(session, 'goaway')) as [number];
    expect(code).to.equal(0);
    session.destroy();
  });

  it('keeps the places of those who wait over it, and the locks of those who hold', async () => {
    await start({ grpc: { maxAgeMs: MAX_AGE_MS } });
    const held = await client.acquire('a', { ttlMs: 2000 });
    const order: number[] = [];
    const waiting: Promise<void>[] = [];
    for (const number of [1, 2, 3]) {
      const wait = client.acquire('a', { ttlMs: 2000, waitMs: 20_000 }).then(async (lock) => {
        order.push(number);
        await lock.release();
      });
      waiting.push(wait);
      await until('it queues', async () => (await waiters()) === number);
      // In time, each comes over a connection of its own.
      await sleep(MAX_AGE_MS * 1.5);
    }
    await sleep(3000);
    expect(held.signal.aborted).to.equal(false);
    await held.release();
    await Promise.all(waiting);
    expect(order).to.deep.equal([1, 2, 3]);
  });

  context('when its grace is over', () => {
    beforeEach(() => start({ grpc: { maxAgeMs: MAX_AGE_MS, ageGraceMs: MAX_AGE_MS } }));

    it('leaves locks held, and waits go on', async () => {
      const held = await client.acquire('a', { ttlMs: 2000 });
      const next = client.acquire('a', { ttlMs: 2000, waitMs: 20_000 });
      await sleep(3000);
      expect(held.signal.aborted).to.equal(false);
      await held.release();
      await (await next).release();
    });

    it('leaves a hold to be resumed', async () => {
      const raw = grpcClient(`127.0.0.1:${servers.grpcPort}`);
      const first = new HoldClient(raw, { name: 'h', ttl: '5s' });
      const { body } = await first.told('acquired');
      expect(await first.ended).to.have.property('code', 'UNAVAILABLE');
      expect((await servers.daemon.locks.get('h')).holderCount).to.equal(1);
      const { leaseId, fencingToken } = body.grant as { leaseId: string; fencingToken: string };
      const second = new HoldClient(raw, { name: 'h', resume: { leaseId, fencingToken } });
      const again = await second.told('acquired');
      expect(again.body).to.have.nested.property('grant.fencingToken', fencingToken);
      await second.hangUp();
      raw.close();
    });
  });

  it('is closed with the next answer, over HTTP', async () => {
    await start({ http: { maxAgeMs: MAX_AGE_MS } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        get({ agent, port: servers.httpPort, path: '/livez' }, (answer) => {
          answer.resume().once('end', () => resolve(answer.headers.connection));
        }).once('error', reject);
      });
    expect(await ask()).to.equal('keep-alive');
    await sleep(MAX_AGE_MS * 1.5);
    expect(await ask()).to.equal('close');
    expect(await ask()).to.equal('keep-alive');
    agent.destroy();
  });
});
