import { expect } from 'chai';
import { FairQueue } from '../../../src/workers/fair-queue.js';

function drain(queue: FairQueue<string>): string[] {
  const items: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}

describe('FairQueue', () => {
  it('lets the owners take turns, and each of them in the order of coming', () => {
    const queue = new FairQueue<string>(10);
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'])
      queue.push(item.charAt(0), item, false);
    expect(queue.size).to.equal(6);
    expect(drain(queue)).to.deep.equal(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(queue.size).to.equal(0);
  });

  it('serves what is quick first, but not for ever', () => {
    const queue = new FairQueue<string>(100);
    queue.push('a', 'slow', false);
    for (let n = 0; n < 20; n++) queue.push('b', `q${n}`, true);
    const items = drain(queue);
    expect(items.indexOf('slow')).to.equal(16);
    expect(items).to.have.length(21);
  });

  it('refuses who has most in it when it is full', () => {
    const queue = new FairQueue<string>(4);
    for (const item of ['a1', 'a2', 'a3', 'b1'])
      expect(queue.push(item.charAt(0), item, false)).to.equal(undefined);
    expect(queue.push('a', 'a4', false)).to.equal('a4');
    expect(queue.push('c', 'c1', true)).to.equal('a3');
    expect(queue.push('c', 'c2', false)).to.equal('a2');
    expect(queue.push('c', 'c3', false)).to.equal('c3');
    expect(drain(queue)).to.deep.equal(['c1', 'a1', 'b1', 'c2']);
  });

  it('lets one be taken out', () => {
    const queue = new FairQueue<string>(2);
    queue.push('a', 'a1', false);
    queue.push('a', 'a2', true);
    queue.delete('a', 'a2');
    queue.delete('a', 'a2');
    queue.delete('b', 'b1');
    expect(queue.size).to.equal(1);
    expect(drain(queue)).to.deep.equal(['a1']);
  });
});
