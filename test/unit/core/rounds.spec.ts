import { expect } from 'chai';
import { Rounds } from '../../../src/core/rounds.js';

describe('rounds through a map', () => {
  const map = new Map<string, number>();
  const rounds = new Rounds(map);
  const next = (count: number) => rounds.next(count).map(([key]) => key);

  it('come to each entry in turn, and begin again', () => {
    expect(next(2)).to.deep.equal([]);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    expect([next(2), next(2), next(1)]).to.deep.equal([['a', 'b'], ['c', 'a'], ['b']]);
    expect(next(9)).to.have.members(['a', 'b', 'c']);
  });

  it('miss none that is put or moved to the end, and meet none that was deleted', () => {
    expect(next(1)).to.deep.equal(['c']);
    map.delete('a');
    map.set('d', 1);
    map.delete('b');
    map.set('b', 1);
    expect(next(3)).to.deep.equal(['d', 'b', 'c']);
  });
});
