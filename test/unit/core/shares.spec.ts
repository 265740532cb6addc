import { expect } from 'chai';
import { refusalOf, SharedPool } from '../../../src/core/shares.js';

describe('a share', () => {
  const use = { limit: 100, total: 90, mine: 1, largest: 80, users: 3 };

  it('is nobody’s concern while a fifth is left', () => {
    expect(refusalOf({ ...use, total: 79, mine: 79, largest: 79 })).to.equal(undefined);
  });

  it('is refused to the largest user first', () => {
    expect(refusalOf({ ...use, total: 80, mine: 80 })).to.equal('SHARE');
    expect(refusalOf({ ...use, total: 80, mine: 79 })).to.equal(undefined);
    // Half of what is between the fair share, 25, and the largest, 80.
    expect(refusalOf({ ...use, total: 90, mine: 53 })).to.equal('SHARE');
    expect(refusalOf({ ...use, total: 90, mine: 52 })).to.equal(undefined);
  });

  it('is never refused to who has less than a fair share, until all is taken', () => {
    expect(refusalOf({ ...use, total: 99, mine: 24 })).to.equal(undefined);
    expect(refusalOf({ ...use, total: 100, mine: 0 })).to.equal('FULL');
    expect(refusalOf({ ...use, total: 120, mine: 0 })).to.equal('FULL');
  });

  it('of one user alone leaves a fifth for those who come', () => {
    const alone = { ...use, users: 1 };
    expect(refusalOf({ ...alone, total: 79, mine: 79, largest: 79 })).to.equal(undefined);
    expect(refusalOf({ ...alone, total: 80, mine: 80, largest: 80 })).to.equal('SHARE');
    expect(refusalOf({ ...alone, total: 99, mine: 49, largest: 49 })).to.equal(undefined);
  });

  it('does not bind who has none', () => {
    expect(refusalOf({ ...use, total: 99, mine: undefined })).to.equal(undefined);
    expect(refusalOf({ ...use, total: 100, mine: undefined })).to.equal('FULL');
  });
});

describe('a shared pool', () => {
  function enter(pool: SharedPool, user: string | undefined, times: number): string[] {
    const refusals = Array.from({ length: times }, () => pool.enter(user));
    return refusals.filter((refusal) => refusal !== undefined);
  }

  it('keeps room for others when one user takes all that it gets', () => {
    const pool = new SharedPool(100);
    expect(enter(pool, 'few', 1)).to.be.empty;
    const refused = enter(pool, 'many', 200);
    expect(new Set(refused)).to.deep.equal(new Set(['SHARE']));
    expect(pool.total).to.be.within(80, 81);
    expect(enter(pool, 'few', 10)).to.be.empty;
    expect(enter(pool, 'new', 5)).to.be.empty;
    expect(enter(pool, undefined, 4)).to.be.empty;
  });

  it('gives all of it to those who have no share', () => {
    const pool = new SharedPool(100);
    expect(enter(pool, undefined, 101)).to.deep.equal(['FULL']);
  });

  it('counts back what is left, and forgets who has nothing', () => {
    const pool = new SharedPool(10);
    pool.add('a', 9);
    expect(pool.refusal('a')).to.equal('SHARE');
    pool.add('b', 1);
    expect(pool.refusal('b')).to.equal('FULL');
    pool.leave('a', 9);
    pool.leave('b', 1);
    expect(pool.total).to.equal(0);
    expect(enter(pool, 'c', 8)).to.be.empty;
  });

  it('counts what must be, whatever the limit', () => {
    const pool = new SharedPool(2);
    pool.add('a', 5);
    expect(pool.enter('b')).to.equal('FULL');
    pool.leave('a', 5);
    expect(pool.enter('b')).to.equal(undefined);
  });

  it('looks anew who has most when many have left', () => {
    const pool = new SharedPool(1000);
    pool.add('large', 700);
    for (let user = 0; user < 100; user++) pool.add(`small ${user}`, 2);
    expect(pool.refusal('large')).to.equal('SHARE');
    pool.leave('large', 698);
    pool.add(undefined, 598);
    // Now it has as little as anybody.
    for (let leave = 0; leave < 13; leave++) {
      pool.add('small 1');
      pool.leave('small 1');
    }
    expect(pool.refusal('large')).to.equal(undefined);
    pool.add('new', 20);
    expect(pool.refusal('new')).to.equal('SHARE');
  });
});
