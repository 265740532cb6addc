import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { WaiterPool } from '../../../src/service/lock/waiter-pool.js';
import { WatchPool } from '../../../src/service/watch-pool.js';

function reasonOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!isFault(error, 'RESOURCE_EXHAUSTED')) throw error;
    return error.details.reason;
  }
}

describe('the waiters of a daemon', () => {
  it('leave room for another address, and are told why they are refused', () => {
    const counts: number[] = [];
    const pool = new WaiterPool(10, (count) => counts.push(count));
    const refused = Array.from({ length: 12 }, () => reasonOf(() => pool.enter('many')));
    expect(refused.filter((reason) => reason === undefined)).to.have.lengthOf(8);
    expect(new Set(refused.slice(8))).to.deep.equal(new Set(['WAITER_SHARE']));
    expect(reasonOf(() => pool.enter('other'))).to.equal(undefined);
    // Who has no share, such as a sidecar's own machine.
    expect(reasonOf(() => pool.enter(undefined))).to.equal(undefined);
    expect(reasonOf(() => pool.enter(undefined))).to.equal('WAITER_LIMIT');
    pool.leave('many');
    expect(counts.at(-1)).to.equal(9);
    expect(reasonOf(() => pool.enter('other'))).to.equal(undefined);
  });
});

describe('the watches of a daemon', () => {
  it('leave room for another address', () => {
    const pool = new WatchPool(10);
    const leaves = Array.from({ length: 8 }, () => pool.enter('many'));
    expect(reasonOf(() => pool.enter('many'))).to.equal('WATCH_SHARE');
    pool.enter('other');
    leaves[0]?.();
    expect(reasonOf(() => pool.enter('many'))).to.equal('WATCH_SHARE');
    for (const leave of leaves.slice(1)) leave();
    expect(reasonOf(() => pool.enter('many'))).to.equal(undefined);
  });
});
