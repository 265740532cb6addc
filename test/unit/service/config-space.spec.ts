import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Fault } from '../../../src/core/errors.js';
import type { Caller } from '../../../src/service/caller.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { exactly } from '../../../src/store/store.js';
import {
  BESIDE,
  countedCaller,
  RECORD,
  recorded,
  stored,
  within,
  write,
} from '../../support/counted-space.js';
import { seeded } from '../../support/etcd-store.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  caller,
  faultOf,
  memoryStore,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';
import { put, requests } from './config-requests.js';

const ROOMY = 1_000_000;
const isFull = { code: 'RESOURCE_EXHAUSTED' };

describe('the space that documents of a namespace take', () => {
  let store: MemoryStore;
  let clock: VirtualClock;
  let faulty: FaultyStore;
  let daemon: TestDaemon;
  let other: TestDaemon;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
    faulty = new FaultyStore(store);
    daemon = startDaemon(faulty.store, clock, { configVersions: 3 });
    other = startDaemon(store, clock, { configVersions: 3 });
  });
  afterEach(async () => {
    await daemon.stop();
    await other.stop();
    await store.close();
  });

  const remove = (by: Caller, name = 'app', at = daemon): Promise<unknown> =>
    at.configs.delete(requests.delete({ name, force: true }), by);
  const expectRight = async (): Promise<void> => {
    expect(await recorded(store)).to.equal(await stored(store));
  };

  it('is refused beyond what the policy says, with what there is and what to do', async () => {
    const by = within(3 * (100 + BESIDE));
    for (const name of ['a', 'b', 'c']) await write(daemon, by, name, 'x'.repeat(98));
    const fault = await faultOf(write(daemon, by, 'd', ''));
    expect(fault).to.deep.include(isFull);
    expect(fault).to.have.nested.property('details.reason', 'QUOTA_SPACE');
    expect(fault).to.have.property(
      'message',
      'the documents of "ns" take 1068 bytes, and may take 1068: there is no room for 258 more; ' +
        'delete some, or raise `space` in the policy',
    );
    expect(await faultOf(write(daemon, by, 'a', ''))).to.deep.include(isFull);
    await expectRight();
  });

  it('lets all through that takes no more, and has room again after it', async () => {
    const by = within(4 * (100 + BESIDE));
    for (let version = 0; version < 4; version++) await write(daemon, by, 'a', 'x'.repeat(98));
    await write(daemon, by, 'b', 'x'.repeat(98));
    // The version that goes is as large as the one that comes.
    await write(daemon, by, 'a', 'y'.repeat(98));
    await daemon.configs.setEnabled(
      { ...requests.write, name: 'a', enabled: false },
      within(BESIDE),
    );
    await remove(within(BESIDE), 'a');
    await write(daemon, by, 'c', 'x'.repeat(98));
    await expectRight();
  });

  it('is one count for all daemons, though they write at once', async () => {
    const by = within(20 * (100 + BESIDE));
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
    const written = await Promise.allSettled(
      names.map((name, index) => write(index % 2 === 0 ? daemon : other, by, name, 'x'.repeat(98))),
    );
    expect(written.filter(({ status }) => status === 'fulfilled')).to.have.length(20);
    for (const result of written) {
      if (result.status === 'rejected') expect(result.reason).to.deep.include(isFull);
    }
    await expectRight();
  });

  it('is right though daemons change different documents at once', async () => {
    const by = within(ROOMY);
    const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
    for (const name of names) await write(daemon, by, name, 'x');
    for (const text of ['xx', 'xxx', 'xxxx']) {
      await Promise.all(
        names.map((name, index) => write(index % 2 === 0 ? daemon : other, by, name, text)),
      );
      await expectRight();
    }
  });

  it('keeps nobody waiting for another document of the namespace that takes long to look at', async () => {
    const by = within(ROOMY);
    for (const name of ['a', 'b']) await write(daemon, by, name, 'x');
    let goOn = (): void => undefined;
    const isLong = new Promise<void>((resolve) => (goOn = resolve));
    faulty.around = async ({ resource }, run) => {
      if (resource.endsWith('/head/a')) await isLong;
      return run();
    };
    const long = write(daemon, by, 'a', 'xx');
    await write(daemon, by, 'b', 'xxx');
    await write(daemon, by, 'c', 'xxxx');
    goOn();
    await long;
    await expectRight();
  });

  it('is right after whatever is done', async () => {
    const random = seeded(7);
    const by = within(ROOMY);
    const schemas = [undefined, undefined, '', '{"type":["string","object"]}'];
    const pick = <T>(...values: readonly T[]): T =>
      values[Math.floor(random() * values.length)] as T;
    for (let step = 0; step < 300; step++) {
      const at = pick(daemon, other);
      const name = pick('a', 'b', 'é');
      const requestId = pick('', `r${step}`);
      const text = 'é'.repeat(Math.floor(random() * 50));
      const more = { requestId, schema: pick(...schemas) };
      const does = {
        put: () => write(at, by, name, text, more),
        again: () => write(at, by, name, text, { ...more, requestId: 'r1' }),
        patch: () =>
          at.configs.patch(requests.patch(JSON.stringify({ [text]: text }), { name }), by),
        enable: () =>
          at.configs.setEnabled({ ...requests.write, name, enabled: pick(true, false) }, by),
        rollback: () =>
          at.configs.rollback({ ...requests.write, name, version: pick(0, 1, 2) }, by),
        delete: () => remove(by, name, at),
      };
      const what = pick('put', 'put', 'put', 'again', 'patch', 'enable', 'rollback', 'delete');
      await does[what]().catch(() => undefined);
      expect(await recorded(store), `step ${step}, ${what}`).to.equal(await stored(store));
    }
  });

  context('when some do not count', () => {
    it('counts what is there before the first write', async () => {
      await put(daemon, '"before"', { schema: '{}' });
      await write(daemon, within(ROOMY), 'b', 'x');
      await expectRight();
    });

    it('counts what a document takes that they have written, when it is deleted', async () => {
      await put(daemon, '"before"');
      await remove(within(ROOMY));
      expect(await recorded(store)).to.equal(0);
    });

    it('counts anew before it refuses', async () => {
      const by = within(2 * (100 + BESIDE));
      for (const name of ['a', 'b']) await write(daemon, by, name, 'x'.repeat(98));
      expect(await faultOf(write(daemon, by, 'c', ''))).to.deep.include(isFull);
      await remove(caller(), 'a');
      await clock.advance(10_000);
      await write(daemon, by, 'c', 'x'.repeat(98));
      await expectRight();
    });

    it('counts anew from time to time', async () => {
      const by = within(ROOMY);
      await write(daemon, by, 'a', 'x');
      await put(other, '"more"', { name: 'a' });
      await put(other, '"more"', { name: 'b' });
      await clock.advance(600_000);
      await write(daemon, by, 'c', 'x');
      await expectRight();
    });

    it('is not misled by what a head said before they wrote it', async () => {
      const by = within(ROOMY);
      await write(daemon, by, 'a', 'x');
      await write(daemon, by, 'b', 'x');
      await put(other, JSON.stringify('y'.repeat(500)), { name: 'a' });
      await put(other, '"short"', { name: 'b' });
      await clock.advance(600_000);
      await remove(by, 'a');
      await write(daemon, by, 'b', 'xx');
      await expectRight();
    });
  });

  it('is counted anew where the record is gone, or is no record', async () => {
    const by = within(ROOMY);
    for (const value of [undefined, 'nonsense']) {
      await write(daemon, by, 'a', 'x');
      const then =
        value === undefined
          ? ([{ kind: 'delete', range: exactly(RECORD) }] as const)
          : ([{ kind: 'put', key: RECORD, value }] as const);
      await store.transact({ resource: RECORD, compare: [], then, else: [] });
      await write(daemon, by, 'a', 'xx');
      await expectRight();
    }
  });

  it('is right though another daemon writes while it is counted', async () => {
    await put(daemon, '"before"');
    let writes = 0;
    faulty.onRead = async () => {
      // Between the record and the heads, and between the heads and the texts.
      if (writes < 3) await write(other, within(ROOMY), `n${writes++}`, 'x');
    };
    await write(daemon, within(ROOMY), 'b', 'x');
    expect(writes).to.equal(3);
    await expectRight();
  });

  it('needs no space of the store for what gives room back', async () => {
    await put(daemon, '"before"', { name: 'a' });
    await put(daemon, '"before"', { name: 'b' });
    // As etcd without space: what frees is done without what it puts, and the rest is refused.
    faulty.around = (transaction, run) => {
      const { frees = false, then } = transaction;
      if (!then.some(({ kind }) => kind === 'put')) return run();
      if (frees === false) throw new Fault('RESOURCE_EXHAUSTED', 'the store has no space left');
      return store.transact({ ...transaction, then: then.filter(({ kind }) => kind !== 'put') });
    };
    const by = within(ROOMY);
    await remove(by, 'a');
    expect(await faultOf(write(daemon, by, 'b', ''))).to.have.property(
      'message',
      'the store has no space left',
    );
    faulty.around = (_, run) => run();
    await write(daemon, by, 'c', 'x');
    await expectRight();
  });

  it('is not recorded without a limit', async () => {
    const by = countedCaller([{ text: 'other', isPrefix: true, bytes: 1 }]);
    await write(daemon, by, 'a', 'x');
    expect(await recorded(store)).to.equal(undefined);
    const { entries } = await store.read({ range: exactly('/shared-lock.v1/config/ns/head/a') });
    expect(JSON.parse(entries[0]?.value ?? '')).not.to.have.property('bytes');
  });
});
