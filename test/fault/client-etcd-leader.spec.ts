import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { CliProcess } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { until } from '../support/until.js';

const STOPPED_MS = 5000;
/** So long that no lease can be over when the leader goes on. */
const TTL_MS = 20_000;

describe('A client while the leader of etcd is stopped', function () {
  this.timeout(90_000);
  let etcd: Etcd;
  let daemon: DaemonProcess;
  let client: Client;
  let witness: Client;

  before(async () => {
    etcd = await startEtcd({ members: 3 });
    daemon = await DaemonProcess.start({ endpoints: etcd.endpoints });
    [client, witness] = [
      connect({ address: daemon.grpcAddress }),
      connect({ address: daemon.grpcAddress }),
    ];
  });

  after(async () => {
    etcd.resume();
    await Promise.all([client.close(), witness.close()]);
    await daemon.dispose();
    await etcd.dispose();
  });

  const waiters = async (names: readonly string[]): Promise<number> => {
    const locks = await Promise.all(names.map((name) => witness.locks.get(name)));
    return locks.reduce((sum, { waiterCount }) => sum + waiterCount, 0);
  };

  const stopLeader = async (): Promise<void> => {
    const leader = await etcd.leader();
    etcd.pause(leader);
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    etcd.resume(leader);
  };

  it('keeps its lock, and goes on with its waits', async () => {
    const names = ['one', 'two', 'three'];
    const held = await Promise.all(names.map((name) => witness.acquire(name, { ttlMs: TTL_MS })));
    const mine = await client.acquire('mine', { ttlMs: TTL_MS });
    await using session = await client.lease({ ttlMs: TTL_MS });
    const waits = names.map((name, at) =>
      at === 0 ? session.acquire(name) : client.acquire(name, { ttlMs: TTL_MS }),
    );
    const ends = Promise.allSettled(waits);
    await until('all wait', async () => (await waiters(names)) === 3, 10_000);
    await stopLeader();
    // As long as it takes until a connection in doubt would have been found out.
    await new Promise((resolve) => setTimeout(resolve, 8000));
    expect(await waiters(names)).to.equal(3);
    await Promise.all(held.map((lock) => lock.release()));
    for (const end of await ends) expect(end).to.have.property('status', 'fulfilled');
    expect(mine.state).to.equal('HELD');
  });

  it('runs a command to its end', async () => {
    const run = new CliProcess(['run', '--ttl', '20s', 'command', '--', 'sleep', '12'], {
      address: daemon.grpcAddress,
    });
    await until(
      'it runs',
      async () => (await witness.locks.get('command')).holders.length === 1,
      10_000,
    );
    await stopLeader();
    expect(await run.ended).to.include({ code: 0 });
  });
});
