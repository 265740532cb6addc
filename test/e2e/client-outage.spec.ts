import { expect } from 'chai';
import { connect, SharedLockError } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { faultOf } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { daemonOf, embeddedWorld, eventually } from './worlds.js';

/** The lease of who waits is lost before its last call is given up, and after the wait is over. */
const ASKED = { ttlMs: 2000, waitMs: 700 };

type Wait = (client: Client, name: string) => Promise<unknown>;

const WAITS: Readonly<Record<string, Wait>> = {
  acquire: (client, name) => client.acquire(name, ASKED),
  tryAcquire: (client, name) => client.tryAcquire(name, ASKED),
  withLock: (client, name) => client.withLock(name, ASKED, () => undefined),
  campaign: (client, name) => client.election(name).campaign({ ...ASKED, candidate: 'two' }),
  lead: (client, name) =>
    client.election(name).lead({ ...ASKED, candidate: 'two' }, () => undefined),
};

const OUTAGES: Readonly<Record<string, (proxy: TcpProxy) => void>> = {
  'says nothing any more': (proxy) => proxy.blackHole(),
  'is gone': (proxy) => {
    proxy.refuse();
    proxy.cut();
  },
};

describe('A wait that is over in an outage', function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);
  let proxy: TcpProxy;
  let holder: Client;
  let client: Client;

  before(async () => {
    proxy = await TcpProxy.start(on.daemon.grpcAddress);
    holder = connect({ address: on.daemon.grpcAddress });
  });

  beforeEach(() => {
    client = connect({ address: `127.0.0.1:${proxy.port}`, deadlineMs: 3000 });
  });

  afterEach(async () => {
    proxy.heal();
    await client.close();
  });

  after(async () => {
    await holder.close();
    await proxy.dispose();
  });

  const waiters = async (name: string): Promise<number> => {
    const [lock, { candidateCount }] = await Promise.all([
      holder.locks.get(name),
      holder.election(name).get(),
    ]);
    return lock.waiterCount + candidateCount;
  };

  for (const [outage, begin] of Object.entries(OUTAGES)) {
    for (const [how, wait] of Object.entries(WAITS)) {
      it(`of ${how}, as its daemon ${outage}, is told as that, not as a loss`, async () => {
        const name = `${how}, ${outage}`;
        const lock = await holder.acquire(name);
        const leadership = await holder.election(name).campaign({ candidate: 'one' });
        const fault = faultOf(wait(client, name));
        await eventually('it queues', async () => (await waiters(name)) === 1);
        begin(proxy);
        const error = await fault;
        expect(error).to.be.instanceOf(SharedLockError);
        expect(error).to.have.property('code').that.is.oneOf(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);
        await Promise.all([lock.release(), leadership.resign()]);
      });
    }
  }
});
