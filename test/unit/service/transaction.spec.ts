import { expect } from 'chai';
import { absent, exactly, prefixed } from '../../../src/store/store.js';
import * as tx from '../../../src/service/transaction.js';
import { memoryStore } from '../../support/services.js';

describe('A transaction of a service', () => {
  const { store } = memoryStore();

  after(() => store.close());

  it('finds each read by itself, wherever it stood among the operations', async () => {
    await tx.transact(store, { resource: 'r', then: [tx.put('r/a', '1'), tx.put('r/b', '2')] });
    const [a, b, all] = [tx.readKey('r/a'), tx.readKeyOnly('r/b'), tx.countKeys(prefixed('r/'))];
    const then = [all, tx.put('r/c', '3'), a, tx.remove('r/a'), b];
    const done = await tx.transact(store, { resource: 'r', then });
    expect(done.entry(a)?.value).to.equal('1');
    expect(done.entry(b)).to.include({ key: 'r/b', value: '' });
    expect(done.result(all).count).to.equal(2);
    expect(done.revision).to.equal((await store.read({ range: exactly('r/c') })).revision);
  });

  it('finds what the other branch read if a condition did not hold', async () => {
    await tx.transact(store, { resource: 's', then: [tx.put('s', 'there')] });
    const now = tx.readKey('s');
    const compare = [absent(exactly('s'))];
    const done = await tx.transact(store, { resource: 's', compare, then: [], else: [now] });
    expect(done.succeeded).to.equal(false);
    expect(done.entry(now)?.value).to.equal('there');
  });

  it('has a defect if it is asked for a read of the branch that did not run', async () => {
    const ran = tx.readKey('t');
    const never = tx.readKey('t');
    const done = await tx.transact(store, { resource: 't', then: [ran], else: [never] });
    expect(done.entry(ran)).to.equal(undefined);
    expect(() => done.entry(never)).to.throw(TypeError, 'does not have this read');
  });
});
