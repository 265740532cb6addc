/**
 * Many daemons on one etcd, whose caches must agree. 16 of them; by hand 64, which takes 5 GB of memory and some minutes:
 *
 *     npm run build
 *     FLEET=64 NODE_OPTIONS='--import tsx' npx mocha test/fault/config-cache-fleet.spec.ts
 */
import { expect } from 'chai';
import { mapConcurrently } from '../../src/service/map-concurrently.js';
import { eventually, pause } from '../e2e/worlds.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';

const FLEET = Number(process.env.FLEET ?? 16);
const STARTS_AT_A_TIME = 4;
const USERS = 40;
const ROUNDS = 2;
const GETS = 20;

interface Answer {
  readonly document: string;
  readonly cached: boolean;
  readonly age: string;
  readonly revision: string;
}

describe(`the config caches of ${FLEET} daemons on one etcd`, function () {
  this.timeout(FLEET * 15_000);
  let etcd: Etcd;
  let fleet: DaemonProcess[] = [];

  before(async () => {
    etcd = await startEtcd();
    const numbers = Array.from({ length: FLEET }, (_, i) => i);
    fleet = await mapConcurrently(numbers, STARTS_AT_A_TIME, () =>
      DaemonProcess.start({ endpoints: etcd.endpoints }),
    );
    // Each watches the namespace from its first read on.
    await Promise.all(fleet.map((daemon) => get(daemon, 'warm')));
  });

  after(async () => {
    await Promise.all(fleet.map((daemon) => daemon.dispose()));
    await etcd.dispose();
  });

  const url = (daemon: DaemonProcess, key: string): string =>
    `${daemon.url}/v1/namespaces/config-cache/configs/${key}`;

  const get = async (daemon: DaemonProcess, key: string): Promise<Answer | undefined> => {
    const response = await fetch(url(daemon, key));
    return response.ok ? ((await response.json()) as Answer) : undefined;
  };

  const put = async (daemon: DaemonProcess, key: string, value: string): Promise<void> => {
    const response = await fetch(`${daemon.url}/config/${key}`, { method: 'PUT', body: value });
    expect(response.status, await response.text()).to.equal(200);
  };

  const hasCached = async (daemon: DaemonProcess, key: string, value: string): Promise<boolean> => {
    const answer = await get(daemon, key);
    return answer?.document === value && answer.cached && answer.age === '0s';
  };

  /** @returns milliseconds from the write's answer until the last daemon has it in its cache. */
  const spread = async (writer: DaemonProcess, key: string, value: string): Promise<number> => {
    await put(writer, key, value);
    const startMs = performance.now();
    await Promise.all(
      fleet.map((daemon) =>
        eventually(`${value} at ${daemon.url}`, () => hasCached(daemon, key, value), 30_000),
      ),
    );
    return Math.round(performance.now() - startMs);
  };

  const at = (index: number): DaemonProcess => {
    const daemon = fleet[index % fleet.length];
    if (daemon === undefined) throw new Error('the fleet is empty');
    return daemon;
  };

  it('have everywhere what was written anywhere', async () => {
    const lastMs: number[] = [];
    for (let i = 0; i < 8; i++) lastMs.push(await spread(at(i * 5), 'spread', String(i)));
    console.log(`      the last daemon had it after ${lastMs.join(', ')} ms`);
  });

  it('answer their own writes, each at once, whatever 40 users do', async () => {
    const wrong: string[] = [];
    const user = async (number: number): Promise<void> => {
      const own = at(number);
      for (let round = 0; round < ROUNDS; round++) {
        const key = `user-${number}`;
        const value = `"${number} in round ${round}"`;
        await put(own, key, value);
        for (let i = 0; i < GETS; i++) {
          const answer = await (await fetch(`${own.url}/config/${key}`)).text();
          if (answer !== value) wrong.push(`${value}: ${answer}`);
        }
        await fetch(`${own.url}/config/${key}`, { method: 'DELETE' });
        const gone = await (await fetch(`${own.url}/config/${key}`)).text();
        if (gone !== 'null') wrong.push(`deleted: ${gone}`);
      }
    };
    const [before, startMs] = [await hits(), performance.now()];
    await Promise.all(Array.from({ length: USERS }, (_, number) => user(number)));
    const gets = USERS * ROUNDS * (GETS + 1);
    const fromCache = (await hits()) - before;
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(`      ${fromCache} of ${gets} reads from caches; ${seconds} s in all`);
    expect(wrong).to.deep.equal([]);
    expect(fromCache).to.be.above(gets * 0.9);
  });

  it('say how old they are while etcd is away, and agree again after it', async () => {
    await spread(at(0), 'outage', '1');
    await etcd.kill();
    await eventually('told with its age', async () => {
      const answer = await get(at(3), 'outage');
      return answer?.document === '1' && answer.cached && answer.age !== '0s';
    });
    await etcd.start();
    await eventually('written again', async () => {
      const response = await fetch(`${at(1).url}/config/outage`, { method: 'PUT', body: '2' });
      return response.ok;
    });
    const answer = await get(at(1), 'outage');
    await etcd.compact(Number(answer?.revision));
    const startMs = performance.now();
    await Promise.all(
      fleet.map((daemon) =>
        eventually('right again', () => hasCached(daemon, 'outage', '2'), 30_000),
      ),
    );
    console.log(`      all right again after ${Math.round(performance.now() - startMs)} ms`);
    expect(await spread(at(2), 'outage', '3')).to.be.below(30_000);
  });

  it('agree again when their watches were left behind by a compaction', async () => {
    await spread(at(0), 'compacted', '0');
    const sleepers = fleet.slice(0, Math.ceil(FLEET / 2));
    for (const daemon of sleepers) daemon.signal('SIGSTOP');
    const awake = at(FLEET - 1);
    for (let i = 1; i <= 20; i++) await put(awake, 'compacted', String(i));
    const answer = await get(awake, 'compacted');
    await etcd.compact(Number(answer?.revision));
    await pause(4000);
    for (const daemon of sleepers) daemon.signal('SIGCONT');
    const firsts = await Promise.all(sleepers.map((daemon) => get(daemon, 'compacted')));
    // Who has not found etcd again may tell what it knew, with its age; nobody may call that fresh.
    const fresh = firsts.filter((first) => first?.age === '0s');
    expect(fresh.filter((first) => first?.document !== '20')).to.deep.equal([]);
    await Promise.all(
      fleet.map((daemon) =>
        eventually('right again', () => hasCached(daemon, 'compacted', '20'), 30_000),
      ),
    );
  });

  /** Reads that were answered from memory, at all daemons together. */
  async function hits(): Promise<number> {
    const counts = await Promise.all(
      fleet.map(async (daemon) => {
        const text = await (await fetch(`${daemon.url}/metrics`)).text();
        const hit =
          /^shared_lock_memory_operations_total\{operation="config_get",status="hit"\} (\d+)/m;
        return Number(hit.exec(text)?.[1] ?? 0);
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }
});
