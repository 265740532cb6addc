import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SystemClock } from '../../src/clock/system-clock.js';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import type { Store } from '../../src/store/store.js';
import { BESIDE, recorded, stored, within, write } from '../support/counted-space.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { openEtcdStore } from '../support/etcd-store.js';
import { caller, startDaemon } from '../support/services.js';
import { put, requests } from '../unit/service/config-requests.js';

const TEXT = 'x'.repeat(98);
const FITS = 20;

/** Daemons of one store; with etcd each has connections of its own. */
function countsSpace(engine: string, open: () => Promise<readonly [Store, Store]>): void {
  it(`is one count for two daemons that write at once on ${engine}`, async () => {
    const stores = await open();
    const [store] = stores;
    const daemons = stores.map((each) =>
      startDaemon(each, new SystemClock(), { configVersions: 2 }),
    );
    const [one, two] = daemons as [(typeof daemons)[0], (typeof daemons)[0]];
    try {
      await put(one, JSON.stringify(TEXT), { name: 'uncounted' });
      const by = within((FITS + 1) * (100 + BESIDE));
      const names = Array.from({ length: 2 * FITS }, (_, index) => `n${index}`);
      const written = await Promise.allSettled(
        names.map((name, index) => write(index % 2 === 0 ? one : two, by, name, TEXT)),
      );
      expect(written.filter(({ status }) => status === 'fulfilled')).to.have.length(FITS);
      expect(await recorded(store)).to.equal(await stored(store));
      const done = names.filter((_, index) => written[index]?.status === 'fulfilled');
      await Promise.all(
        done
          .map((name, index) => {
            const at = index % 2 === 0 ? one : two;
            return index < 5
              ? at.configs.delete(requests.delete({ name, force: true }), by)
              : write(at, by, name, 'y');
          })
          .map((each) => each.catch(() => undefined)),
      );
      expect(await recorded(store)).to.equal(await stored(store));
      expect(await recorded(store)).to.be.at.most((FITS + 1) * (100 + BESIDE));
      await two.configs.delete(requests.delete({ name: 'uncounted', force: true }), caller());
    } finally {
      for (const daemon of daemons) await daemon.stop();
      for (const each of new Set(stores)) await each.close();
    }
  });
}

describe('the space of a namespace', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let folder: string;
  before(async () => {
    etcd = await startEtcd();
    folder = await mkdtemp(join(tmpdir(), 'shared-lock-space-'));
  });
  after(async () => {
    await etcd.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const both = (store: Store): readonly [Store, Store] => [store, store];

  countsSpace('memory', () => Promise.resolve(both(new MemoryStore({ clock: new SystemClock() }))));
  countsSpace('embedded', async () =>
    both(await EmbeddedStore.open({ folder, clock: new SystemClock() })),
  );
  countsSpace('etcd', async () => [
    await openEtcdStore(etcd.endpoints),
    await openEtcdStore(etcd.endpoints),
  ]);
});
