import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { Child } from '../support/child.js';
import { faultOf } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { checkedWatch } from '../support/watch-checker.js';
import { eventually, pairOnEtcd, pause } from './worlds.js';

const TTL_MS = 3000;

describe('A client of several daemons', function () {
  this.timeout(60_000);
  const on = pairOnEtcd();
  let client: Client;
  let witness: Client;

  before(() => {
    witness = connect({ address: on.two.grpcAddress });
  });

  beforeEach(() => {
    client = connect({ addresses: [on.one.grpcAddress, on.two.grpcAddress] });
  });

  afterEach(async () => {
    await client.close();
  });

  after(() => witness.close());

  const isQueued = (name: string) => async (): Promise<boolean> =>
    (await witness.locks.get(name)).waiterCount === 1;

  it('keeps its lock when the daemon hangs', async () => {
    const lock = await client.acquire('hangs', { ttlMs: TTL_MS });
    on.one.signal('SIGSTOP');
    await pause(TTL_MS + 1000);
    expect(lock.state).to.equal('HELD');
    await lock.confirm();
    on.one.signal('SIGCONT');
    expect(await lock.release()).to.equal(true);
  });

  it('keeps its lock, waits on and watches on at another one when the daemon is killed', async () => {
    const [lock, held] = await Promise.all([
      client.acquire('kept', { ttlMs: TTL_MS }),
      witness.acquire('waited'),
    ]);
    const waiting = client.acquire('waited', { ttlMs: TTL_MS });
    await eventually('it queues', isQueued('waited'));
    const kinds: string[] = [];
    const watching = (async () => {
      for await (const { kind } of checkedWatch(client.locks.watch('watched'))) {
        kinds.push(kind);
        if (kind === 'RELEASED') return;
      }
    })();
    await eventually('it watches', () => Promise.resolve(kinds.length === 1));

    await on.one.kill();
    await (await witness.acquire('watched')).release();
    await held.release();
    await watching;
    expect(kinds).to.deep.equal(['STATE', 'ACQUIRED', 'RELEASED']);
    // The places of a daemon that died are free again after 10 s.
    (await waiting).assertHeld();
    expect(lock.state).to.equal('HELD');
    await lock.confirm();
    await on.one.startAgain();
  });

  it('goes on with a watch that was quiet for longer than its deadline', async () => {
    const proxy = await TcpProxy.start(on.one.grpcAddress);
    await using patient = connect({ address: `127.0.0.1:${proxy.port}`, deadlineMs: 400 });
    const counter = witness.counter('quiet');
    const values: bigint[] = [];
    const watching = (async () => {
      for await (const { value } of checkedWatch(patient.counter('quiet').watch())) {
        values.push(value);
        if (value === 3n) return;
      }
    })();
    for (const value of [1n, 2n, 3n]) {
      await eventually('it is told', () => Promise.resolve(values.at(-1) === value - 1n));
      await pause(600);
      proxy.cut();
      // The second time nothing was told by the stream that is cut.
      await pause(600);
      proxy.cut();
      await counter.add(1n);
    }
    await watching;
    await patient.close();
    await proxy.dispose();
  });

  it('ends a watch when none can be reached for longer than its deadline', async () => {
    const proxy = await TcpProxy.start(on.one.grpcAddress);
    await using lonely = connect({ address: `127.0.0.1:${proxy.port}`, deadlineMs: 400 });
    const watch = lonely.counter('nobody').watch();
    await watch.next();
    const next = faultOf(watch.next());
    await proxy.dispose();
    expect(await next).to.include({ code: 'UNAVAILABLE' });
  });

  it('watches at another one when the first takes connections and says nothing', async () => {
    const proxy = await TcpProxy.start(on.one.grpcAddress);
    proxy.blackHole();
    const addresses = [`127.0.0.1:${proxy.port}`, on.two.grpcAddress];
    await using unlucky = connect({ addresses, deadlineMs: 3000 });
    const startedAtMs = performance.now();
    const watches = [
      unlucky.locks.watch('quiet'),
      unlucky.election('quiet').observe(),
      unlucky.configs('quiet').watch(),
    ];
    await Promise.all(watches.map((watch) => watch.next()));
    expect(performance.now() - startedAtMs).to.be.below(3000);
    await unlucky.close();
    await proxy.dispose();
  });

  it('waits on at another one when the daemon hangs, and watches on there', async () => {
    const held = await witness.acquire('waited on', { ttlMs: 30_000 });
    const waiting = client.acquire('waited on', { ttlMs: TTL_MS });
    await eventually('it queues', isQueued('waited on'));
    const watch = client.counter('watched on').watch();
    await watch.next();
    on.one.signal('SIGSTOP');
    const next = watch.next();
    await witness.counter('watched on').add(1n);
    const startedAtMs = performance.now();
    expect((await next).value).to.have.property('value', 1n);
    expect(performance.now() - startedAtMs).to.be.below(8000);
    // The place at the daemon that hangs lapses with its lease; there is another one behind it.
    const again = async (): Promise<boolean> =>
      (await witness.locks.get('waited on')).waiterCount > 0;
    await pause(11_000);
    await eventually('it queues again', again);
    await held.release();
    (await waiting).assertHeld();
    on.one.signal('SIGCONT');
    await watch.return();
  });

  it('keeps its lock over a connection that has died without a word', async () => {
    const proxy = await TcpProxy.start(on.one.grpcAddress);
    await using single = connect({ address: `127.0.0.1:${proxy.port}` });
    const lock = await single.acquire('half open', { ttlMs: TTL_MS });
    proxy.freeze();
    await pause(TTL_MS + 1000);
    expect(lock.state).to.equal('HELD');
    expect(await lock.release()).to.equal(true);
    await single.close();
    await proxy.dispose();
  });

  it('does a write once whose answer was lost', async () => {
    const proxy = await TcpProxy.start(on.one.grpcAddress);
    const addresses = [`127.0.0.1:${proxy.port}`, on.two.grpcAddress];
    await using unlucky = connect({ addresses, deadlineMs: 6000 });
    const counter = unlucky.counter('once');
    await counter.add(1n);
    proxy.blackHole('toClient');
    expect(await counter.add(1n)).to.deep.equal({ value: 2n, previous: 1n });
    expect(await witness.counter('once').get()).to.equal(2n);
    await unlucky.close();
    await proxy.dispose();
  });

  it('gives up when none can be reached, within its deadline', async () => {
    const proxy = await TcpProxy.start(on.one.grpcAddress);
    proxy.blackHole();
    await using lonely = connect({ address: `127.0.0.1:${proxy.port}`, deadlineMs: 500 });
    expect(await faultOf(lonely.locks.get('x'))).to.include({ code: 'DEADLINE_EXCEEDED' });
    await lonely.close();
    await proxy.dispose();
  });

  it('finds out that it stood still beyond its TTL before its work goes on', async () => {
    const child = new Child('client-worker.ts', [on.two.grpcAddress, 'stopped', '2000']);
    await child.until(() => child.lines.length > 2);
    child.signal('SIGSTOP');
    const lock = await witness.acquire('stopped', { waitMs: 20_000 });
    const worked = child.lines.length;
    child.signal('SIGCONT');
    await child.ended();
    expect(child.lines.slice(worked)).to.have.lengthOf(1);
    expect(child.lines.at(-1)).to.match(/^lost LockLostError: .* this process stood still/);
    await lock.release();
  });
});
