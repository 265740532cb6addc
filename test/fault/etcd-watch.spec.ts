import { expect } from 'chai';
import type { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import { prefixed, type WatchEnd, type WatchListener } from '../../src/store/store.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { bump, openEtcdStore, seeded } from '../support/etcd-store.js';
import { until } from '../support/until.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** What a watch delivered: `revision key`, and how it ended. */
class Log implements WatchListener {
  readonly events = (revision: number, events: readonly { kind: string }[]): void => {
    this.batches.push(revision);
    for (const event of events as readonly {
      kind: string;
      key?: string;
      entry?: { key: string };
    }[]) {
      this.lines.push(`${revision} ${event.kind} ${event.entry?.key ?? event.key ?? ''}`);
    }
  };
  readonly batches: number[] = [];
  readonly lines: string[] = [];
  end: WatchEnd | undefined;
  interruptions = 0;

  interrupted(): void {
    this.interruptions++;
  }

  ended(end: WatchEnd): void {
    this.end = end;
  }
}

/** How many etcd serves. */
async function watchesOf({ endpoints }: Etcd): Promise<number> {
  const response = await fetch(`${endpoints[0] ?? ''}/metrics`);
  const text = await response.text();
  return Number(/^etcd_debugging_mvcc_watcher_total (\S+)$/m.exec(text)?.[1]);
}

describe('a watch of etcd', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let proxy: TcpProxy;
  let store: EtcdStore;
  let witness: EtcdStore;

  beforeEach(async () => {
    etcd = await startEtcd();
    proxy = await TcpProxy.start(etcd.endpoints[0] ?? '');
    store = await openEtcdStore([proxy.endpoint]);
    witness = await openEtcdStore(etcd.endpoints, { callTimeoutMs: 5000 });
  });
  afterEach(async () => {
    proxy.heal();
    await Promise.all([store.close(), witness.close()]);
    await proxy.dispose();
    await etcd.dispose();
  });

  /** Writes and deletes keys, several in one transaction at times. Resolves to the lines of the log. */
  async function write(prefix: string, count: number, seed: number): Promise<string[]> {
    const random = seeded(seed);
    const lines: string[] = [];
    for (let i = 0; i < count; i++) {
      const keys = Array.from(
        { length: 1 + Math.floor(random() * 3) },
        (_, n) => `${prefix}${i}-${n}`,
      );
      const { revision } = await witness.transact({
        resource: prefix,
        compare: [],
        then: keys.map((key) => ({ kind: 'put', key, value: 'x'.repeat(200) })),
        else: [],
      });
      lines.push(...keys.map((key) => `${revision} put ${key}`));
    }
    return lines;
  }

  it('misses nothing and repeats nothing while it is cut at random moments', async () => {
    const random = seeded(3);
    const start = await witness.read({ range: prefixed('w/') });
    const logs = Array.from({ length: 10 }, () => new Log());
    for (const log of logs) store.watch(prefixed('w/'), start.revision + 1, log);
    const state = { over: false };
    const cutting = (async () => {
      while (!state.over) {
        await new Promise((resolve) => setTimeout(resolve, 30 + random() * 100));
        if (random() < 0.5) proxy.cut();
        else proxy.cutAfter(Math.floor(random() * 20_000));
      }
    })();
    const written: string[] = [];
    const late: { readonly from: number; readonly log: Log }[] = [];
    for (let round = 0; round < 15; round++) {
      written.push(...(await write(`w/${round}/`, 100, round)));
      // They share the watch of the others as soon as they have caught up with it.
      const { revision } = await witness.read({ range: prefixed('w/') });
      for (const from of [start.revision + 1 + Math.floor(random() * 500), revision + 1]) {
        const log = new Log();
        store.watch(prefixed('w/'), from, log);
        late.push({ from, log });
      }
    }
    state.over = true;
    await cutting;
    proxy.heal();
    for (const log of logs) {
      await until('all seen', () => log.lines.length >= written.length);
      expect(log.lines).to.deep.equal(written);
      expect(new Set(log.batches).size, 'one batch a revision').to.equal(log.batches.length);
      expect(log.end).to.equal(undefined);
    }
    for (const { from, log } of late) {
      const wanted = written.filter((line) => Number(line.split(' ')[0]) >= from);
      await until('all seen by one who came late', () => log.lines.length >= wanted.length);
      expect(log.lines).to.deep.equal(wanted);
    }
  });

  it('is one with all those who watch the same, in etcd', async () => {
    const { revision } = await witness.read({ range: prefixed('e/') });
    const logs = Array.from({ length: 50 }, () => new Log());
    const watches = logs.map((log) => store.watch(prefixed('e/'), revision + 1, log));
    await until('one', async () => (await watchesOf(etcd)) === 1);
    const written = await write('e/', 10, 1);
    const [first] = logs;
    await until('all seen', () => first?.lines.length === written.length);
    const past = new Log();
    watches.push(store.watch(prefixed('e/'), first?.batches[2] ?? 0, past));
    await until('one again', async () => {
      return past.batches.length === 8 && (await watchesOf(etcd)) === 1;
    });
    watches.shift()?.close();
    written.push(...(await write('e/more/', 5, 2)));
    const [closed, ...others] = logs;
    for (const log of others) await until('all seen', () => log.lines.length === written.length);
    expect(closed?.batches).to.have.length(10);
    expect(past.batches).to.deep.equal(others[0]?.batches.slice(2));
    for (const watch of watches) watch.close();
    await until('none', async () => (await watchesOf(etcd)) === 0);
  });

  it('that is compacted ends for those who have lost something, and goes on for the others', async () => {
    const { revision } = await witness.read({ range: prefixed('c/') });
    const [lost, goesOn] = [new Log(), new Log()];
    store.watch(prefixed('c/'), revision + 1, lost);
    await until('begun', async () => {
      return (await watchesOf(etcd)) === 1;
    });
    for (let i = 0; i < 20; i++) await witness.transact(bump('elsewhere'));
    const now = await witness.read({ range: prefixed('c/') });
    store.watch(prefixed('c/'), now.revision + 1, goesOn);
    expect(await watchesOf(etcd), 'they share').to.equal(1);
    await etcd.compact(now.revision);
    proxy.cut();
    await until('ended', () => lost.end !== undefined);
    expect(lost.end).to.deep.equal({ reason: 'compacted', compactRevision: now.revision });
    const written = await write('c/', 3, 1);
    await until('seen', () => goesOn.lines.length >= written.length);
    expect(goesOn.lines).to.deep.equal(written);
    expect(goesOn.end).to.equal(undefined);
    expect(lost.lines).to.deep.equal([]);
  });

  it('goes on where it was after etcd was stopped and started', async () => {
    const start = await witness.read({ range: prefixed('r/') });
    const log = new Log();
    store.watch(prefixed('r/'), start.revision + 1, log);
    const written = await write('r/1/', 50, 1);
    await until('first half', () => log.lines.length >= written.length);
    await etcd.kill();
    await until('told that it was interrupted', () => log.interruptions === 1);
    await etcd.start();
    written.push(...(await write('r/2/', 50, 2)));
    await until('second half', () => log.lines.length >= written.length);
    expect(log.lines).to.deep.equal(written);
  });

  it('says that it is compacted if what it missed is gone', async () => {
    const start = await witness.read({ range: prefixed('c/') });
    const log = new Log();
    store.watch(prefixed('c/'), start.revision + 1, log);
    const written = await write('c/1/', 5, 1);
    await until('seen', () => log.lines.length === written.length);
    proxy.hold();
    await write('c/2/', 20, 2);
    const { revision } = await witness.read({ range: prefixed('c/') });
    await etcd.compact(revision);
    proxy.cut();
    proxy.heal();
    await until('ended', () => log.end !== undefined);
    expect(log.end).to.deep.equal({ reason: 'compacted', compactRevision: revision });
    expect(log.lines).to.deep.equal(written);
  });

  it('notices a connection that has fallen silent', async () => {
    const start = await witness.read({ range: prefixed('s/') });
    const log = new Log();
    store.watch(prefixed('s/'), start.revision + 1, log);
    const written = await write('s/1/', 5, 1);
    await until('seen', () => log.lines.length === written.length);
    expect(log.interruptions).to.equal(0);
    proxy.freeze();
    written.push(...(await write('s/2/', 5, 2)));
    await until('all seen', () => log.lines.length === written.length, 12_000);
    expect(log.lines).to.deep.equal(written);
    expect(log.interruptions, 'and says so').to.be.above(0);
  });

  it('is one of thousands, each of which goes on after a cut', async () => {
    const count = 3000;
    const seen = new Set<number>();
    const { revision } = await witness.read({ range: prefixed('m/') });
    for (let i = 0; i < count; i++) {
      const range = { from: `m/${i}` };
      store.watch(range, revision + 1, { events: () => seen.add(i), ended: () => undefined });
    }
    await witness.transact(bump('m/0'));
    await until('the first', () => seen.has(0));
    proxy.cut();
    await Promise.all(Array.from({ length: count }, (_, i) => witness.transact(bump(`m/${i}`))));
    await until('all', () => seen.size === count, 20_000);
  });

  it('of a revision too large for one message is delivered in one batch', async () => {
    const { revision } = await witness.read({ range: prefixed('f/') });
    const keys = Array.from({ length: 20 }, (_, i) => `f/${String(i).padStart(2, '0')}`);
    const value = 'v'.repeat(60_000);
    for (let round = 0; round < 3; round++) {
      await witness.transact({
        resource: 'f',
        compare: [],
        then: keys.map((key) => ({ kind: 'put', key, value })),
        else: [],
      });
    }
    const log = new Log();
    store.watch(prefixed('f/'), revision + 1, log);
    await until('seen', () => log.lines.length >= 3 * keys.length);
    expect(log.batches).to.have.length(3);
    expect(log.lines.map((line) => line.split(' ')[2])).to.deep.equal([...keys, ...keys, ...keys]);
  });
});
