import { expect } from 'chai';
import { connect } from '../../src/index.js';
import type { Client, Lock } from '../../src/index.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { faultOf } from '../support/services.js';
import { eventually, pause } from './worlds.js';

describe('A client that does many things at once', function () {
  this.timeout(180_000);
  let daemon: DaemonProcess;
  let client: Client;
  let witness: Client;

  async function start(concurrentStreams: number): Promise<void> {
    daemon = await DaemonProcess.start({
      quiet: true,
      env: { SHARED_LOCK_LIMIT_CONCURRENT_STREAMS: String(concurrentStreams) },
    });
    // With patience, for machines that have much else to do.
    client = connect({ address: daemon.grpcAddress, deadlineMs: 60_000 });
    witness = connect({ address: daemon.grpcAddress });
  }

  afterEach(async () => {
    await Promise.all([client.close(), witness.close()]);
    await daemon.dispose();
  });

  const waitersOf = async (names: readonly string[]): Promise<number> => {
    const locks = await Promise.all(names.map((name) => witness.locks.get(name)));
    return locks.reduce((sum, { waiterCount }) => sum + waiterCount, 0);
  };

  /** The client waits so often for each of these locks, until all wait; then they are released one by one. */
  async function waitForAll(
    names: readonly string[],
    each: number,
    meanwhile: () => Promise<void>,
  ): Promise<unknown[]> {
    const held = await Promise.all(names.map((name) => witness.acquire(name, { ttlMs: 300_000 })));
    const failed: unknown[] = [];
    const waitFor = async (name: string): Promise<void> => {
      try {
        // Shared, so that they need not be granted one after the other.
        await using lock = await client.acquire(name, { mode: 'SHARED', ttlMs: 60_000 });
        lock.assertHeld();
      } catch (error) {
        failed.push(error);
      }
    };
    const waits: Promise<void>[] = [];
    for (let made = 0; made < each; made++) {
      waits.push(...names.map(waitFor));
      // This process, and not the wire, would be too busy to renew what it holds.
      if (made % 5 === 4) await pause(300);
    }
    const count = names.length * each;
    const allWait = async (): Promise<boolean> =>
      failed.length > 0 || (await waitersOf(names)) === count;
    await eventually('all wait', allWait, 120_000);
    await meanwhile();
    for (const lock of held) {
      await lock.release();
      await pause(100);
    }
    await Promise.all(waits);
    return failed;
  }

  it('waits for more locks than a connection takes calls, and loses none that it holds', async () => {
    await start(20);
    const mine = await client.acquire('mine', { ttlMs: 3000 });
    const watch = client.locks.watch('mine');
    expect((await watch.next()).value).to.have.property('kind', 'STATE');
    const failed = waitForAll(['busy'], 45, () => pause(4000));
    // Short calls go on beside them.
    await eventually('many wait', async () => (await client.locks.get('busy')).waiterCount > 40);
    await mine.confirm();
    expect(await failed).to.deep.equal([]);
    expect(mine.state).to.equal('HELD');
    await watch.return();
  });

  it('cancels thousands of calls and watches beside a wait, a watch and a lock', async () => {
    await start(1000);
    const mine = await client.acquire('mine', { ttlMs: 10_000 });
    const held = await witness.acquire('busy', { ttlMs: 300_000 });
    const waiting = client.acquire('busy', { ttlMs: 60_000 });
    const counter = client.counter('watched');
    const watch = counter.watch();
    await watch.next();
    const leaveWatches = async (): Promise<void> => {
      for (let left = 0; left < 75; left++) {
        const other = counter.watch();
        await other.next();
        await other.return();
      }
    };
    const abortWaits = async (): Promise<void> => {
      for (let aborted = 0; aborted < 75; aborted++) {
        const aborting = new AbortController();
        const wait = client.locks.acquireOnce('busy', { waitMs: 60_000, signal: aborting.signal });
        setTimeout(() => aborting.abort(new Error('enough')), 5);
        expect(await faultOf(wait)).to.have.property('message', 'enough');
      }
    };
    await Promise.all(Array.from({ length: 20 }, () => [leaveWatches(), abortWaits()]).flat());
    await counter.add(1n);
    expect((await watch.next()).value).to.have.property('value', 1n);
    await held.release();
    (await waiting).assertHeld();
    expect(mine.state).to.equal('HELD');
    await watch.return();
  });

  it('waits two thousand times while it holds a hundred locks', async () => {
    await start(1000);
    const names = (prefix: string, count: number): string[] =>
      Array.from({ length: count }, (_, at) => `${prefix}/${at}`);
    const mine: Lock[] = [];
    const holdMany = async (): Promise<void> => {
      for (const name of names('mine', 100)) mine.push(await client.acquire(name, { ttlMs: 3000 }));
      await pause(9000);
      expect(mine.filter(({ state }) => state === 'LOST')).to.deep.equal([]);
    };
    expect(await waitForAll(names('busy', 20), 100, holdMany)).to.deep.equal([]);
  });
});
