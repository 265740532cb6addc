import { expect } from 'chai';
import { compareKeys } from '../../../src/store/apply.js';
import { prefixed } from '../../../src/store/store.js';

describe('The keys that begin with a prefix', () => {
  // The last characters of one, two, three and four bytes in UTF-8, and those beside them.
  for (const last of ['/', '~', '\x7f', '\x80', 'é', '\ud7ff', '\ue000', '\uffff', '😀']) {
    const prefix = `a${last}`;

    it(`are all in its range, and no others: ${JSON.stringify(prefix)}`, () => {
      const { from, to = '' } = prefixed(prefix);
      expect(from).to.equal(prefix);
      for (const below of ['', '\0', 'z', '\uffff', '\u{10ffff}']) {
        expect(compareKeys(prefix + below, to)).to.be.below(0);
      }
      expect(to.length).to.be.at.most(prefix.length + 1);
      expect(to.startsWith(prefix)).to.equal(false);
    });
  }

  it('end with the next prefix if the last character has none behind it', () => {
    expect(prefixed('a/\u{10ffff}').to).to.equal('a0');
    expect(() => prefixed('')).to.throw(RangeError);
  });
});
