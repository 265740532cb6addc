import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import type { Config } from '../../../src/core/config-document.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  caller,
  faultOf,
  memoryStore,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';
import { put, requests } from './config-requests.js';

const SCHEMA = '{"type":"object"}';

describe('ConfigService, when others write too', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let faulty: FaultyStore;
  let daemon: TestDaemon;
  let other: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    faulty = new FaultyStore(store);
    const limits = { configCacheBytes: 1200, configVersions: 1 };
    daemon = startDaemon(faulty.store, clock, limits);
    other = startDaemon(store, clock, limits);
  });

  afterEach(async () => {
    await daemon.stop();
    await store.close();
  });

  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const cached = (name = 'app'): Promise<Config> =>
    daemon.configs.get(requests.get({ name, consistency: 'CACHED' }));

  it('never answers from memory what is older than its own write, though there was no room for that', async () => {
    await faultOf(cached('none'));
    await settled();
    faulty.holdWatches();
    await put(other, '"theirs"');
    const ours = JSON.stringify('x'.repeat(1200));
    await put(daemon, ours);
    const [first, ...rest] = faulty.takeHeld();
    first?.();
    expect(await cached()).to.include({ document: ours });
    for (const tell of rest) tell();
  });

  it('patches what others wrote since it looked, when the version that it saw is dropped', async () => {
    await put(daemon, '{"a":1}');
    let hasWritten = false;
    faulty.around = async (_, run) => {
      const outcome = await run();
      if (!hasWritten) {
        hasWritten = true;
        await put(other, '{"b":2}');
      }
      return outcome;
    };
    const { document } = await daemon.configs.patch(requests.patch('{"c":3}'), caller());
    expect(document).to.equal('{"b":2,"c":3}');
  });

  it('creates as many documents of a namespace at once as are asked for', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `new-${index}`);
    const created = await Promise.all(names.map((name) => put(daemon, '{}', { name })));
    expect(created.map(({ id }) => id)).to.have.members(names.map((_, index) => index + 1));
  });

  context('when a request is repeated', () => {
    const first = { requestId: 'r' };

    it('gives the schema that was in force, though the write did not name it', async () => {
      await put(daemon, '{}', { schema: SCHEMA });
      const once = await put(daemon, '{"a":1}', first);
      expect(once.schema).to.equal(SCHEMA);
      expect(await put(other, '{"a":1}', first)).to.deep.equal(once);
    });

    it('gives it after a patch and a change of the mark, too', async () => {
      await put(daemon, '{}', { schema: SCHEMA });
      const patched = await daemon.configs.patch(requests.patch('{"a":1}', first), caller());
      expect(await other.configs.patch(requests.patch('{"a":1}', first), caller())).to.deep.equal(
        patched,
      );
      const mark = { ...requests.write, enabled: false, requestId: 's' };
      const marked = await daemon.configs.setEnabled(mark, caller());
      expect(await other.configs.setEnabled(mark, caller())).to.deep.equal(marked);
    });
  });

  it('compares the tags of If-None-Match weakly', async () => {
    const { revision } = await put(daemon, '1');
    const fault = await faultOf(put(daemon, '2', { ifNoneMatch: [`W/"${revision}"`] }));
    expect(fault).to.have.nested.property('details.reason', 'ETAG_MISMATCH');
  });
});
