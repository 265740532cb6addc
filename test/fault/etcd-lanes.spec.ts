import { expect } from 'chai';
import type { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import { absent, exactly, prefixed, readAt, type Transaction } from '../../src/store/store.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { bump, openEtcdStore, seeded, settle, versionOf } from '../support/etcd-store.js';
import { until } from '../support/until.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const CALL_TIMEOUT_MS = 2000;
const OWN_KEYS = Array.from({ length: 20 }, (_, index) => `own/${index}`);

describe('writes to etcd whose answer is lost', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let proxy: TcpProxy;
  let store: EtcdStore;
  /** Goes to etcd directly. */
  let witness: EtcdStore;

  before(async () => {
    etcd = await startEtcd();
    witness = await openEtcdStore(etcd.endpoints);
  });
  beforeEach(async () => {
    proxy = await TcpProxy.start(etcd.endpoints[0] ?? '');
    store = await openEtcdStore([proxy.endpoint], { callTimeoutMs: CALL_TIMEOUT_MS });
    await store.transact(bump('warm'));
  });
  afterEach(async () => {
    proxy.heal();
    await store.close();
    await proxy.dispose();
  });
  after(async () => {
    await witness.close();
    await etcd.dispose();
  });

  it('are answered as they were applied, though the answer never came', async () => {
    for (let round = 0; round < 20; round++) {
      const key = `lost-answer/${round}`;
      proxy.hold('toClient');
      const write = store.transact({
        resource: key,
        compare: [absent(prefixed('lost-answer/'))],
        then: [],
        else: [
          { kind: 'read', range: prefixed('lost-answer/'), order: 'create' },
          { kind: 'put', key, value: 'mine' },
          { kind: 'read', range: exactly(key) },
          { kind: 'delete', range: exactly(`lost-answer/${round - 1}`) },
        ],
      } satisfies Transaction);
      if (round === 0) {
        // Nothing is there yet, so `then` ran, which does nothing.
        proxy.heal();
        await write;
        await store.transact(bump(key));
        continue;
      }
      await until('applied', async () => (await versionOf(witness, key)) === 1);
      proxy.cut();
      proxy.heal();
      const outcome = await write;
      expect(outcome.succeeded).to.equal(false);
      expect(readAt(outcome, 0).entries.map((entry) => entry.key)).to.deep.equal([
        `lost-answer/${round - 1}`,
      ]);
      expect(outcome.results[3]).to.deep.equal({ kind: 'delete', deleted: 1 });
      const [entry] = (await witness.read({ range: exactly(key) })).entries;
      expect(entry?.createRevision).to.equal(outcome.revision);
      expect(readAt(outcome, 2).entries[0]).to.deep.equal(entry);
    }
  });

  it('are answered though etcd goes away again while the outcome is looked up', async () => {
    let settled = false;
    const brief = await openEtcdStore([proxy.endpoint], {
      callTimeoutMs: 500,
      observe: (operation) => {
        if (operation === 'settle' && !settled) {
          settled = true;
          proxy.hold('toServer');
          setTimeout(() => proxy.heal(), 1000);
        }
      },
    });
    try {
      await brief.transact(bump('warm'));
      proxy.hold('toClient');
      const write = brief.transact(bump('looked-up'));
      await until('applied', async () => (await versionOf(witness, 'looked-up')) === 1);
      proxy.cut();
      proxy.heal();
      expect(await write).to.include({ succeeded: true });
      expect(settled).to.equal(true);
    } finally {
      await brief.close();
    }
  });

  it('are sent again if they did not arrive', async () => {
    for (let round = 0; round < 10; round++) {
      proxy.hold('toServer');
      const write = store.transact(bump('lost-request'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      proxy.cut();
      proxy.heal();
      await write;
      expect(await versionOf(witness, 'lost-request')).to.equal(round + 1);
    }
  });

  it('do not fail those that wait behind them, if they did not arrive', async () => {
    await store.transact(bump('behind'));
    proxy.hold('toServer');
    const writes = Array.from({ length: 6 }, () => store.transact(bump('behind')));
    const settled = settle(writes);
    // Longer than one call may take, so that the first ones have to be sent again.
    await new Promise((resolve) => setTimeout(resolve, 1.2 * CALL_TIMEOUT_MS));
    proxy.cut();
    proxy.heal();
    const { outcomes, errors } = await settled;
    expect(errors).to.deep.equal([]);
    expect(outcomes).to.have.length(6);
    expect(await versionOf(store, 'behind')).to.equal(7);
  });

  it('are applied once, though the request arrives after it was given up', async () => {
    for (let round = 0; round < 10; round++) {
      proxy.hold('toServer');
      const write = store.transact(bump('late'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const deliverLate = proxy.cutClient();
      proxy.heal();
      await write;
      const before = await witness.read({ range: exactly('late') });
      deliverLate();
      // The lane's own next write comes after the late one: it shows that it was seen.
      await witness.transact(bump('other'));
      await store.transact(bump('other'));
      expect((await witness.read({ range: exactly('late') })).entries).to.deep.equal(
        before.entries,
      );
      expect(await versionOf(witness, 'late')).to.equal(round + 1);
    }
  });

  it('say that nothing is known if etcd stays away, and are never applied later', async () => {
    const brief = await openEtcdStore([proxy.endpoint], { callTimeoutMs: 300 });
    try {
      await brief.transact(bump('warm'));
      proxy.hold('toServer');
      const error: unknown = await brief
        .transact(bump('given-up'))
        .catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'UNAVAILABLE');
      expect(error).to.have.property('message').that.includes('not known');
      const deliverLate = proxy.cutClient();
      proxy.heal();
      // Once the lane is settled the write is barred.
      await until('recovered', () =>
        brief.transact(bump('after')).then(
          () => true,
          () => false,
        ),
      );
      await until('settled', async () => {
        const lanes = await witness.read({ range: prefixed('/shared-lock.v1/daemon/lane/') });
        return lanes.entries.some((entry) => entry.value.startsWith('barred'));
      });
      deliverLate();
      await brief.transact(bump('after'));
      expect(await versionOf(witness, 'given-up')).to.equal(0);
    } finally {
      await brief.close();
    }
  });

  it('are each applied once, while the connection is cut at random moments', async () => {
    const random = seeded(7);
    let cuts = 0;
    const cutting = (async () => {
      for (; cuts < 60; cuts++) {
        await new Promise((resolve) => setTimeout(resolve, 20 + random() * 120));
        const dice = random();
        if (dice < 0.4) proxy.cut();
        else if (dice < 0.7) proxy.cutAfter(Math.floor(random() * 3000));
        else if (dice < 0.85) {
          proxy.hold(random() < 0.5 ? 'toServer' : 'toClient');
          await new Promise((resolve) => setTimeout(resolve, 30));
          proxy.cut();
          proxy.heal();
        } else {
          proxy.hold('toServer');
          await new Promise((resolve) => setTimeout(resolve, 30));
          const deliverLate = proxy.cutClient();
          proxy.heal();
          setTimeout(deliverLate, 50);
        }
      }
    })();
    let acknowledged = 0;
    let rounds = 0;
    let unknown = 0;
    const revisions: number[] = [];
    for (; cuts < 60; rounds++) {
      // Those of one key go one by one, those of different keys together.
      const counts = settle(Array.from({ length: 20 }, () => store.transact(bump('counter'))));
      const apart = settle(OWN_KEYS.map((key) => store.transact(bump(key))));
      const { outcomes, errors } = await counts;
      acknowledged += outcomes.length;
      unknown += errors.length + (await apart).errors.length;
      revisions.push(...outcomes.map((outcome) => outcome.revision));
    }
    await cutting;
    proxy.heal();
    expect(unknown, 'without an answer').to.equal(0);
    expect(acknowledged).to.be.above(1000);
    expect(await versionOf(witness, 'counter')).to.equal(acknowledged);
    const own = await Promise.all(OWN_KEYS.map((key) => versionOf(witness, key)));
    expect(own).to.deep.equal(OWN_KEYS.map(() => rounds));
    expect(new Set(revisions).size, 'each has a revision of its own').to.equal(revisions.length);
  });
});
