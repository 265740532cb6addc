/** Needs the built program. */
import { expect } from 'chai';
import { SystemClock } from '../../src/clock/system-clock.js';
import type { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import { ourStub, type Message } from '../bench/stubs.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { openEtcdStore } from '../support/etcd-store.js';
import {
  acquireRequest,
  caller,
  grantOf,
  session,
  startDaemon,
  type TestDaemon,
} from '../support/services.js';
import { until } from '../support/until.js';

/** With each there are so many handoffs. */
const HANDOFFS = 128;
const TTL_SECONDS = 3;

describe('A lock on a real etcd', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd.dispose());

  /** Requests of all kinds that etcd got. */
  async function requests(): Promise<number> {
    const response = await fetch(`${etcd.endpoints[0] ?? ''}/metrics`);
    const lines = (await response.text()).split('\n');
    const counts = lines.filter((line) => line.startsWith('grpc_server_msg_received_total'));
    return counts.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  describe('that one daemon hands over', () => {
    let store: EtcdStore;
    let daemon: TestDaemon;
    before(async () => {
      store = await openEtcdStore(etcd.endpoints);
      daemon = startDaemon(store, new SystemClock());
    });
    after(async () => {
      await daemon.stop();
      await store.close();
    });

    /** Requests from the first release to the last one, by the handoff. */
    async function handOver(name: string, waiters: number): Promise<number> {
      const acquire = async (): Promise<() => Promise<unknown>> => {
        const lease = await session(daemon, 600_000);
        const request = acquireRequest(name, { lease, waitMs: 60_000 });
        const { fencingToken } = grantOf(await daemon.locks.acquire(request, caller()));
        return () => daemon.locks.release({ name, lease, fencingToken, requestId: '' });
      };
      const first = await acquire();
      const all = Array.from({ length: waiters }, async () => {
        const release = await acquire();
        await release();
      });
      await until('all wait', async () => {
        return (await daemon.locks.get(name)).waiterCount === waiters;
      });
      const before = await requests();
      await first();
      await Promise.all(all);
      return ((await requests()) - before) / waiters;
    }

    for (const waiters of [2, 128]) {
      it(`costs etcd two requests a handoff, with ${waiters} waiters`, async () => {
        let sum = 0;
        const rounds = HANDOFFS / waiters;
        for (let round = 0; round < rounds; round++) {
          sum += await handOver(`${waiters}-${round}`, waiters);
        }
        // Of n + 1 releases and n grants, and what etcd is asked unasked: signs of life, a count now and then.
        const expected = (2 * waiters + 1) / waiters;
        expect(sum / rounds).to.be.within(expected, expected + 0.6);
      });
    }
  });

  it('that was given back is free, and its lease ends by itself, if the daemon is killed right after its answer', async () => {
    const daemons = await Promise.all(
      [1, 2].map(() => DaemonProcess.start({ endpoints: etcd.endpoints, quiet: true })),
    );
    const [killed, other] = daemons.map((daemon) => ourStub(daemon.grpcAddress, 'LockService'));
    if (killed === undefined || other === undefined) throw new Error('no daemons');
    const ttl = { seconds: TTL_SECONDS };
    const leases: string[] = [];
    for (let n = 0; n < 20; n++) {
      const { grant } = await killed.call('Acquire', { name: `free${n}`, ttl });
      leases.push(String((grant as Message).leaseId));
    }
    const released = leases.map((leaseId, n) =>
      killed.call('Release', { name: `free${n}`, leaseId }),
    );
    await Promise.all(released);
    await daemons[0]?.kill();
    for (const [n] of leases.entries()) {
      expect(await other.call('Acquire', { name: `free${n}` })).to.have.property('acquired', true);
    }
    const alive = async (): Promise<boolean> => {
      const listed = await etcd.ctl(['lease', 'list']);
      return leases.some((lease) => listed.includes(BigInt(lease).toString(16)));
    };
    await until('no lease is left', async () => !(await alive()), (TTL_SECONDS + 5) * 1000);
    for (const stub of [killed, other]) stub.close();
    for (const daemon of daemons) await daemon.dispose();
  });
});
