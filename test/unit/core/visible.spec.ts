import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { checkVisible, visible } from '../../../src/core/visible.js';

/** Characters that a name may not have, by their numbers. */
const REFUSED = [
  ...[0x200b, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2028, 0x2029],
  ...[0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff],
];

describe('a name that is to be made', () => {
  for (const number of REFUSED) {
    const character = String.fromCharCode(number);
    const shown = number.toString(16).toUpperCase();
    it(`has no U+${shown}, wherever it stands`, () => {
      for (const name of [`${character}a`, `a${character}b`, `a${character}`]) {
        try {
          checkVisible(name, 'key');
          expect.fail('it was taken');
        } catch (error) {
          if (!isFault(error, 'INVALID_ARGUMENT')) throw error;
          expect(error.message).to.match(
            new RegExp(`^key: has the character U\\+${shown} at position [12],`),
          );
        }
      }
    });
  }

  for (const name of ['Größe', 'می‌خواهم', 'क्‍ष', '👩‍💻', 'שלום', 'a b', 'a\u00a0b', 'e\u0301']) {
    it(`may be ${JSON.stringify(name)}`, () => {
      expect(checkVisible(name)).to.equal(name);
    });
  }
});

describe('a text that a person is shown', () => {
  it('has escapes for what can not be seen, and nothing else is changed', () => {
    expect(visible('a\u202eb\u200bc\ufeff\u0000\u009b\n')).to.equal(
      'a\\u202eb\\u200bc\\ufeff\\u0000\\u009b\\n',
    );
    expect(visible('Größe می‌خواهم 👩‍💻')).to.equal('Größe می‌خواهم 👩‍💻');
  });

  it('is the same JSON if it was JSON', () => {
    const value = { name: 'a\u202e\u2066b', text: 'c' };
    expect(JSON.parse(visible(JSON.stringify(value)))).to.deep.equal(value);
  });
});
