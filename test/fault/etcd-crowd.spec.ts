import { expect } from 'chai';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { bump, openEtcdStore, versionOf } from '../support/etcd-store.js';

const CROWD = 3000;

describe('a crowd of writes to one key of etcd', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd.dispose());

  it('holds up nobody who writes elsewhere', async () => {
    const store = await openEtcdStore(etcd.endpoints, { callTimeoutMs: 30_000 });
    let answered = 0;
    const crowd = Array.from({ length: CROWD }, async () => {
      await store.transact(bump('hot'));
      answered += 1;
    });
    await store.transact(bump('cold'));
    expect(answered, 'before it').to.be.below(CROWD / 3);
    await Promise.all(crowd);
    expect(await versionOf(store, 'hot')).to.equal(CROWD);
    await store.close();
  });
});
