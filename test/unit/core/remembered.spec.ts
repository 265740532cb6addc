import { expect } from 'chai';
import { remembered } from '../../../src/core/remembered.js';

describe('remembered', () => {
  it('makes one value of one thing, and another of another that is alike', () => {
    const made: object[] = [];
    const of = remembered((thing: { readonly n: number }) => {
      const value = { n: thing.n + 1 };
      made.push(value);
      return value;
    });
    const [one, other] = [{ n: 1 }, { n: 1 }];
    expect(of(one)).to.equal(of(one));
    expect(of(other)).to.not.equal(of(one));
    expect(made).to.deep.equal([{ n: 2 }, { n: 2 }]);
  });

  it('tries again after it failed', () => {
    const outcomes = [new Error('not yet'), { n: 1 }];
    const of = remembered((_: object) => {
      const outcome = outcomes.shift() ?? {};
      if (outcome instanceof Error) throw outcome;
      return outcome;
    });
    const thing = {};
    expect(() => of(thing)).to.throw('not yet');
    expect(of(thing)).to.deep.equal({ n: 1 });
  });
});
