import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { httpClient, type Json, type WireClient } from '../support/wire-client.js';
import { until } from '../support/until.js';
import { documentOf, KillLoad } from './kill-load.js';

const KILLS = 50;

describe(`The embedded store of a daemon that is killed ${KILLS} times in the middle of writes`, function () {
  this.timeout(240_000);
  let daemon: DaemonProcess;
  let client: WireClient;
  let load: KillLoad;

  before(async () => {
    daemon = await DaemonProcess.start();
    client = httpClient(daemon.url);
    load = new KillLoad(client);
    for (let round = 0; round < KILLS; round++) await killInTheMiddle(round);
  });

  after(async () => {
    await daemon.dispose();
  });

  /** After 10 to 70 acknowledged writes of the round, at whatever the daemon is just doing. */
  async function killInTheMiddle(round: number): Promise<void> {
    const until = load.acknowledged + 10 + ((round * 37) % 61);
    const running = load.run(round);
    while (load.acknowledged < until) await new Promise((resolve) => setImmediate(resolve));
    await daemon.kill();
    await running;
    await daemon.startAgain();
  }

  async function pages(method: 'ListLocks' | 'ListLeases', request: Json): Promise<Json[]> {
    const member = method === 'ListLocks' ? 'locks' : 'leases';
    const found: Json[] = [];
    let pageToken: unknown = '';
    do {
      const page = await client.call(method, { ...request, pageSize: 1000, pageToken });
      found.push(...(page[member] as Json[]));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return found;
  }

  it('met the daemon at work', () => {
    expect(load.acknowledged).to.be.above(KILLS * 10);
    expect(load.added.unknown + load.unknownLocks.size).to.be.above(KILLS / 2);
  });

  it('has every addition that was acknowledged, and of the others some', async () => {
    const { value } = await client.call('GetCounter', { name: 'plain' });
    const { acknowledged, unknown } = load.added;
    expect(Number(value)).to.be.within(acknowledged, acknowledged + unknown);
  });

  it('has each request id counted once, and answers it as it did', async () => {
    const values = new Set<string>();
    for (const [requestId, answered] of load.ids) {
      const { value } = await client.call('Add', { name: 'by id', delta: 1, requestId });
      if (answered !== undefined) expect(value).to.equal(answered);
      values.add(String(value));
    }
    expect(values.size).to.equal(load.ids.size);
    const { value } = await client.call('GetCounter', { name: 'by id' });
    expect(value).to.equal(String(load.ids.size));
  });

  it('has every lock that was granted, with its owner and token, and none that was released', async () => {
    const locks = new Map((await pages('ListLocks', { prefix: 'l/' })).map((l) => [l.name, l]));
    for (const [name, fact] of load.locks) {
      const lock = locks.get(name);
      locks.delete(name);
      expect(lock !== undefined, name).to.equal(fact.held);
      if (!fact.held) continue;
      const [holder] = lock?.holders as Json[];
      expect(holder).to.include({ owner: fact.owner, fencingToken: fact.token });
    }
    for (const [name, lock] of locks) {
      // Not answered, but then done wholly: who holds it is known.
      const [holder] = lock.holders as Json[];
      expect(holder).to.have.property('owner', load.unknownLocks.get(String(name)));
    }
  });

  it('has the leases of the locks, and soon no others', async () => {
    const held = [...load.locks].flatMap(([name, fact]) => (fact.held ? [name] : []));
    const expected = new Set([...held, ...load.unknownLocks.keys()]);
    let names: readonly string[] = [];
    // A lease ends behind the answer to the release of its lock; if the daemon dies before, it ends when the daemon starts.
    await until('leases of what was released have ended', async () => {
      names = (await pages('ListLeases', {})).map((lease) => String(lease.key));
      return names.every((name) => expected.has(name));
    });
    expect(names).to.include.members(held);
    for (const fact of [...load.locks.values()].slice(-50)) {
      if (!fact.held) continue;
      const renewed = await client.call('KeepAlive', { leaseId: fact.lease });
      expect(renewed).to.have.property('ttl', '600s');
    }
  });

  it('has every message', async () => {
    for (const [digest, message] of load.messages) {
      expect(await client.call('GetMessage', { digest })).to.deep.equal({ message });
    }
  });

  it('has every version of every document that was acknowledged, and no half one', async () => {
    for (const [name, acknowledged] of load.configs) {
      const at = { namespace: 'kills', name };
      const latest = await client.call('GetConfig', at).catch((error: unknown) => {
        if (acknowledged === -1) return undefined;
        throw error;
      });
      const version = Number(latest?.version ?? -1);
      expect(version).to.be.within(acknowledged, acknowledged + 1);
      for (let each = 0; each <= version; each++) {
        const { document } = await client.call('GetConfig', { ...at, version: each });
        expect(document).to.equal(documentOf(name, each));
      }
    }
  });

  it('goes on counting', async () => {
    const { value } = await client.call('GetCounter', { name: 'plain' });
    const { previous } = await client.call('Add', { name: 'plain', delta: 1 });
    expect(previous).to.equal(value);
  });
});
