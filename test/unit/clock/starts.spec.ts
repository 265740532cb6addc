import { expect } from 'chai';
import { QuietTurns } from '../../../src/clock/quiet-turns.js';
import { Starts } from '../../../src/clock/starts.js';
import { Turns } from '../../../src/clock/turns.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what is begun in one turn of the loop', () => {
  let starts: Starts;
  let begun: number[];

  beforeEach(() => {
    starts = new Starts(new QuietTurns());
    begun = [];
  });

  async function begin(index: number, units: number): Promise<void> {
    await starts.enter(units);
    begun.push(index);
  }

  it('begins at once as long as it is little', () => {
    for (let n = 0; n < 64; n++) expect(starts.enter(1)).to.equal(undefined);
    expect(starts.enter(1)).to.be.a('promise');
  });

  it('is no more than that of thousands which fits, in the order in which they came', async () => {
    const work = async (index: number): Promise<void> => {
      await begin(index, 64);
      const endMs = performance.now() + 3;
      while (performance.now() < endMs);
    };
    const all = Array.from({ length: 50 }, (_, index) => work(index));
    await Promise.resolve();
    expect(begun).to.deep.equal([0]);
    for (let before = begun.length; begun.length < 50; before = begun.length) {
      await nextTurn();
      expect(begun.length - before).to.be.within(0, 5);
    }
    await Promise.all(all);
    expect(begun).to.deep.equal(Array.from({ length: 50 }, (_, index) => index));
  });

  it('is much of what takes no time', async () => {
    const all = Array.from({ length: 500 }, (_, index) => begin(index, 1));
    for (let turns = 0; turns < 100 && begun.length < 500; turns++) await nextTurn();
    expect(begun).to.have.lengthOf(500);
    await Promise.all(all);
  });

  it('is little again in the next turn', async () => {
    for (let n = 0; n < 64; n++) void starts.enter(1);
    await nextTurn();
    expect(starts.enter(1)).to.equal(undefined);
  });
});

describe('what comes first', () => {
  it('waits for its own kind only, and not while connections come', async () => {
    const quiet = new QuietTurns();
    const starts = new Starts(quiet);
    const begun: string[] = [];
    const begin = async (what: string, isFirst: boolean): Promise<void> => {
      await starts.enter(1, isFirst);
      begun.push(what);
    };
    for (let n = 0; n < 64; n++) void starts.enter(1);
    for (let n = 0; n < 64; n++) expect(starts.enter(1, true)).to.equal(undefined);
    const all = Promise.all([begin('other', false), begin('first', true)]);
    for (let n = 0; n < 10; n++) {
      starts.connectionCame();
      await nextTurn();
    }
    expect(begun).to.deep.equal(['first']);
    await all;
  });
});

describe('long work, while connections come', () => {
  it('comes one piece a turn, after what was there to be read', async () => {
    const quiet = new QuietTurns();
    const done: number[] = [];
    await nextTurn();
    for (let n = 0; n < 3; n++) quiet.next(() => done.push(n));
    await nextTurn();
    expect(done).to.deep.equal([]);
    for (let turns = 0; done.length < 3; turns++) {
      const before = done.length;
      await nextTurn();
      expect(done.length - before).to.be.at.most(1);
      expect(turns).to.be.below(20);
    }
    expect(done).to.deep.equal([0, 1, 2]);
  });

  it('waits until none does', async () => {
    const quiet = new QuietTurns();
    const turns = new Turns(quiet);
    let isDone = false;
    void turns.next().then(() => (isDone = true));
    for (let n = 0; n < 20; n++) {
      quiet.connectionCame();
      await nextTurn();
      expect(isDone).to.equal(false);
    }
    await nextTurn();
    await nextTurn();
    expect(isDone).to.equal(true);
  });

  it('does not wait for ever', async () => {
    const quiet = new QuietTurns();
    const calls: number[] = [];
    let turns = 0;
    quiet.next(() => calls.push(turns));
    for (; turns < 200; turns++) {
      quiet.connectionCame();
      await nextTurn();
    }
    expect(calls).to.have.lengthOf(1);
    expect(calls[0]).to.be.within(50, 150);
  });
});
