import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../src/clock/system-clock.js';
import type { VirtualClock } from '../../src/clock/virtual-clock.js';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import type { Store } from '../../src/store/store.js';
import { openEtcdStore, seeded } from '../support/etcd-store.js';
import { startEtcd } from '../support/etcd.js';
import { ResumingWatcher, type Resumed } from '../support/resuming-watcher.js';
import { caller, faultOf, session, startDaemon, type TestDaemon } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { Traffic } from '../support/watch-traffic.js';
import {
  configLines,
  counterLines,
  electionLines,
  lockLines,
  Truth,
} from '../support/watch-truth.js';

const NAME = 'a';
/** New messages that each watch tells before it is done. */
const MESSAGES = 40;

interface Engine {
  /** What the daemon that is watched has. */
  readonly store: Store;
  /** What all the others have, and nothing cuts. */
  readonly witness: Store;
  /** Cuts the way of the daemon to its store. */
  readonly cut: (() => void) | undefined;
  close(): Promise<void>;
}

const ENGINES: Readonly<Record<string, () => Promise<Engine>>> = {
  memory: () => {
    const store = new MemoryStore({ clock: new SystemClock() });
    return Promise.resolve({ store, witness: store, cut: undefined, close: () => store.close() });
  },
  embedded: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shared-lock-watch-'));
    const store = await EmbeddedStore.open({ folder, clock: new SystemClock() });
    const close = async (): Promise<void> => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    };
    return { store, witness: store, cut: undefined, close };
  },
  etcd: async () => {
    const etcd = await startEtcd();
    const proxy = await TcpProxy.start(etcd.endpoints[0] ?? '');
    const store = await openEtcdStore([proxy.endpoint], { callTimeoutMs: 5000 });
    const witness = await openEtcdStore(etcd.endpoints, { callTimeoutMs: 5000 });
    const close = async (): Promise<void> => {
      await Promise.all([store.close(), witness.close()]);
      await proxy.dispose();
      await etcd.dispose();
    };
    return { store, witness, cut: () => proxy.cut(), close };
  },
};

for (const [name, open] of Object.entries(ENGINES)) {
  describe(`watches that are resumed after every message, on ${name}`, function () {
    this.timeout(120_000);
    let engine: Engine;
    let watched: TestDaemon;
    let truth: Truth;
    let traffic: Traffic;

    beforeEach(async () => {
      engine = await open();
      const clock = new SystemClock() as unknown as VirtualClock;
      watched = startDaemon(engine.store, clock);
      truth = new Truth(engine.witness);
      traffic = new Traffic(startDaemon(engine.witness, clock), NAME);
    });

    afterEach(async () => {
      await traffic.stop();
      truth.close();
      await watched.stop();
      await engine.close();
    });

    async function check<E extends object>(watch: Resumed<E>): Promise<void> {
      const random = seeded(7);
      const watcher = new ResumingWatcher(watch);
      traffic.start();
      const isEnough = (): boolean => {
        if (random() < 0.01) engine.cut?.();
        return watcher.told.length >= MESSAGES;
      };
      await until('enough is told', isEnough, 100_000);
      await traffic.stop();
      await watcher.leave();
      await until('the truth is told', () => truth.revision >= watcher.revision);
      expect(truth.wrongIn(watch.lines, watcher.told)).to.equal(undefined);
      // Where there is history, none of it is skipped.
      expect(watcher.told.filter(({ kind }) => kind === 'state')).to.have.length(1);
    }

    const watches = {
      'a lock': () =>
        check({
          open: (fromRevision, by) => watched.locks.watch({ name: NAME, fromRevision }, by),
          lines: lockLines(NAME),
          revisionOf: ({ revision }) => revision,
          isState: (event) => 'lock' in event,
        }),
      'an election': () =>
        check({
          open: (fromRevision, by) => watched.elections.observe({ name: NAME, fromRevision }, by),
          lines: electionLines(NAME),
          revisionOf: ({ revision }) => revision,
          isState: (event) => 'election' in event,
        }),
      'a counter': () =>
        check({
          open: (fromRevision, by) => watched.counters.watch({ name: NAME, fromRevision }, by),
          lines: counterLines(NAME),
          revisionOf: ({ revision }) => revision,
          isState: () => true,
        }),
      documents: () =>
        check({
          open: (fromRevision, by) =>
            watched.configs.watch({ namespace: NAME, name: '', prefix: '', fromRevision }, by),
          lines: configLines(NAME),
          revisionOf: ({ revision }) => revision,
          isState: ({ kind, revision }) => revision === 0 || kind === 'SYNCED',
        }),
    };

    it('of a lease: begin with what is so now, and its end is told, or was', async () => {
      const lease = await session(watched);
      const open = async () => {
        const gone = new AbortController();
        const events = await watched.leases.watch(lease, caller(gone.signal));
        return { events: events[Symbol.asyncIterator](), leave: () => gone.abort() };
      };
      for (let round = 0; round < 10; round++) {
        const { events, leave } = await open();
        expect((await events.next()).value).to.have.property('kind', 'alive');
        leave();
      }
      const { events } = await open();
      await events.next();
      engine.cut?.();
      expect(await engine.witness.revoke(lease)).to.equal(true);
      expect((await events.next()).value).to.have.property('kind', 'lost');
      expect((await events.next()).done).to.equal(true);
      expect(await faultOf(open())).to.have.property('code', 'NOT_FOUND');
    });

    for (const [what, run] of Object.entries(watches)) {
      it(`of ${what}: tell every change once, in order`, run);
    }
  });
}
