import { expect } from 'chai';
import { grpcClient, httpClient, WireError, type WireClient } from '../support/wire-client.js';
import { eventually, grantIn, pairOnEtcd, pause, type GrantJson } from './worlds.js';

describe('Daemons on one etcd', function () {
  this.timeout(90_000);
  const on = pairOnEtcd();
  let a: WireClient;
  let b: WireClient;

  before(() => {
    a = grpcClient(on.one.grpcAddress);
    b = httpClient(on.two.url);
  });

  after(() => a.close());

  it("serve each other's leases", async () => {
    const { leaseId } = grantIn(await a.call('Acquire', { name: 'shared', ttl: '5s' }));
    expect(await b.call('Acquire', { name: 'shared' })).to.have.property('acquired', false);
    expect(await b.call('KeepAlive', { leaseId })).to.have.property('ttl', '5s');
    expect(await b.call('Release', { name: 'shared', leaseId })).to.have.property('released', true);
    expect(await a.call('GetLock', { name: 'shared' })).to.have.property('held', false);
  });

  it('answer with the TTL that etcd grants, which is more than a second', async () => {
    for (const client of [a, b]) {
      const name = `least-${client.wire}`;
      const asked = { name, ttl: '1s' };
      const answers = [
        await client.call('Acquire', { ...asked, requestId: name }),
        await client.call('Acquire', { ...asked, requestId: name }),
        await client.call('CreateLease', { ttl: '1s' }),
        await client.call('Campaign', { ...asked, candidate: 'one' }),
      ];
      for (const { leaseId, ttl } of answers.map(({ grant }) => grant as GrantJson)) {
        expect(ttl).to.equal('2s');
        expect(await b.call('KeepAlive', { leaseId })).to.have.property('ttl', ttl);
      }
    }
  });

  it('hand a lock over between them, in order', async () => {
    const first = grantIn(await a.call('Acquire', { name: 'handed', ttl: '30s' }));
    const order: string[] = [];
    const waiters: Promise<void>[] = [];
    for (const [i, client] of [b, a, b, a].entries()) {
      waiters.push(
        client.call('Acquire', { name: 'handed', wait: '30s', ttl: '30s' }).then(async (answer) => {
          order.push(`${i} ${client.wire}`);
          await client.call('Release', { name: 'handed', leaseId: grantIn(answer).leaseId });
        }),
      );
      await eventually('it queues', async () => {
        return (await a.call('GetLock', { name: 'handed' })).waiterCount === i + 1;
      });
    }
    await a.call('Release', { name: 'handed', leaseId: first.leaseId });
    await Promise.all(waiters);
    expect(order).to.deep.equal(['0 http', '1 grpc', '2 http', '3 grpc']);
  });

  it('let a waiter at one in soon after the other, where the others waited, was killed', async () => {
    const first = grantIn(await a.call('Acquire', { name: 'orphaned', ttl: '60s' }));
    const dying = grpcClient(on.two.grpcAddress);
    const lost = dying
      .call('Acquire', { name: 'orphaned', wait: '60s', ttl: '86400s' })
      .catch(() => 'lost');
    const waiting = async (): Promise<unknown> =>
      (await a.call('GetLock', { name: 'orphaned' })).waiterCount;
    await eventually('it queues', async () => (await waiting()) === 1);
    const waiter = a.call('Acquire', { name: 'orphaned', wait: '60s' });
    await eventually('it queues', async () => (await waiting()) === 2);
    await on.two.kill();
    expect(await lost).to.equal('lost');
    dying.close();
    await a.call('Release', { name: 'orphaned', leaseId: first.leaseId });
    expect(await waiter).to.have.property('acquired', true);
    await on.two.startAgain();
  });

  context('when another program uses the same etcd', () => {
    it('are excluded by its key, as the original server writes it', async () => {
      const lease = /lease ([0-9a-f]+) granted/.exec(
        await on.etcd.ctl(['lease', 'grant', '60']),
      )?.[1];
      await on.etcd.ctl(['put', `--lease=${lease}`, '/shared-lock/fleet', 'theirs']);
      const answer = await a.call('Acquire', { name: 'fleet' });
      expect(answer).to.have.property('acquired', false);
      expect(answer).to.have.nested.property('holders[0].value', 'theirs');
      const waiter = b.call('Acquire', { name: 'fleet', wait: '30s' });
      await pause(200);
      await on.etcd.ctl(['lease', 'revoke', String(lease)]);
      expect(await waiter).to.have.property('acquired', true);
    });

    it('show it theirs, as the original server does', async () => {
      const response = await fetch(`${on.one.url}/lease`, {
        method: 'POST',
        headers: { 'x-lease-ttl': '60s' },
        body: JSON.stringify({ key: 'visible', value: 'ours', labels: { env: 'test' } }),
      });
      expect(response.status).to.equal(201);
      const leaseId = BigInt(await response.text());
      const printed = await on.etcd.ctl(['get', '/shared-lock/visible', '-w', 'json']);
      const [kv] = (JSON.parse(printed) as { kvs: { value: string }[] }).kvs;
      expect(Buffer.from(kv?.value ?? '', 'base64').toString()).to.equal('ours');
      // The JSON number of the lease has more digits than JavaScript keeps.
      expect(/"lease":([0-9]+)/.exec(printed)?.[1]).to.equal(String(leaseId));
    });
  });

  context('when etcd is stopped and started again under load', () => {
    it('turn not ready and answer UNAVAILABLE, then recover by themselves; nothing held is lost', async () => {
      const held = grantIn(await a.call('Acquire', { name: 'kept', ttl: '60s' }));
      const load = new Load(a, b);
      load.start();
      await load.answers(50);
      await on.etcd.stop();
      await eventually(
        'it is not ready',
        async () => (await fetch(`${on.one.url}/readyz`)).status === 503,
      );
      expect((await fetch(`${on.one.url}/livez`)).status).to.equal(200);
      const refused = await a
        .call('KeepAlive', { leaseId: held.leaseId })
        .catch((error: unknown) => error);
      expect(refused).to.have.property('code', 'UNAVAILABLE');
      await on.etcd.start();
      await eventually(
        'it is ready',
        async () => (await fetch(`${on.one.url}/readyz`)).status === 200,
      );
      await load.answers(50);
      await load.stop();
      expect(load.faults).to.satisfy((faults: Set<string>) =>
        [...faults].every((code) => code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED'),
      );
      expect(await b.call('KeepAlive', { leaseId: held.leaseId })).to.have.property('ttl', '60s');
      const { current } = await b.call('CheckToken', {
        name: 'kept',
        fencingToken: held.fencingToken,
      });
      expect(current).to.equal(true);
    });
  });
});

/** Clients that take and release locks, and check that a grant is never doubled. */
class Load {
  readonly faults = new Set<string>();
  readonly #clients: readonly WireClient[];
  readonly #held = new Set<string>();
  #running: Promise<void>[] = [];
  #answered = 0;
  #stopped = false;
  #broken: Error | undefined;

  constructor(...clients: WireClient[]) {
    this.#clients = clients;
  }

  start(): void {
    this.#running = Array.from({ length: 8 }, (_, i) => this.#work(i));
  }

  async answers(more: number): Promise<void> {
    const goal = this.#answered + more;
    await eventually(`${more} more answers`, () => Promise.resolve(this.#answered >= goal), 30_000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    if (this.#broken !== undefined) throw this.#broken;
  }

  async #work(worker: number): Promise<void> {
    const client = this.#clients[worker % this.#clients.length];
    if (client === undefined) return;
    for (let i = 0; !this.#stopped; i++) {
      const name = `load ${i % 3}`;
      try {
        const answer = await client.call('Acquire', { name, ttl: '60s', wait: '2s' });
        this.#answered++;
        if (answer.acquired === true) await this.#holdFor(client, name, grantIn(answer).leaseId);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.faults.add(error.code);
        await pause(50);
      }
    }
  }

  async #holdFor(client: WireClient, name: string, leaseId: string): Promise<void> {
    if (this.#held.has(name)) this.#broken = new Error(`${name} was granted twice`);
    this.#held.add(name);
    await pause(1);
    this.#held.delete(name);
    for (;;) {
      const released = await client.call('Release', { name, leaseId }).catch((error: unknown) => {
        if (error instanceof WireError) this.faults.add(error.code);
        return undefined;
      });
      // An answer that did not come says nothing; releasing twice does no harm.
      if (released !== undefined || this.#stopped) return;
      await pause(50);
    }
  }
}
