import { expect } from 'chai';
import fc from 'fast-check';
import { checkName, checkValue, utf8Length } from '../../../src/core/text.js';

describe('utf8Length', () => {
  it('counts as the encoder does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).to.equal(Buffer.byteLength(text));
      }),
    );
  });
});

describe('checkName', () => {
  for (const name of [
    'a',
    'a/b',
    '/a',
    'a//b',
    'a..b',
    '...',
    '__proto__',
    'ключ',
    '🔒',
    'a b',
    '%2F',
  ]) {
    it(`takes ${name}`, () => {
      expect(checkName(name, 1024)).to.equal(name);
    });
  }

  const bad: [string, string][] = [
    ['', 'empty'],
    ['..', '..'],
    ['a/..', '..'],
    ['./a', '.'],
    ['a\0', 'control'],
    ['a\n', 'control'],
    ['a\u007f', 'control'],
    ['\ud800', 'surrogate'],
    ['🔒'.repeat(257), '1028 bytes'],
  ];
  for (const [name, why] of bad) {
    it(`refuses ${JSON.stringify(name.slice(0, 10))}, saying ${why}`, () => {
      expect(() => checkName(name, 1024)).to.throw(why);
    });
  }
});

describe('checkValue', () => {
  it('takes control characters, and refuses a lone surrogate', () => {
    expect(checkValue('a\0\n', 10)).to.equal('a\0\n');
    expect(() => checkValue('\udc00', 10)).to.throw('surrogate');
  });
});
