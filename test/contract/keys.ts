import { expect } from 'chai';
import { exactly, prefixed } from '../../src/store/store.js';
import { keysOf, put, type Subject } from './subject.js';

const STRANGE = [
  'ä',
  'e\u0301',
  '日本',
  '🔒',
  '\u0000',
  '\n',
  '%2F',
  '__proto__',
  'constructor',
  '"',
  '\\',
  '\u007f',
  ' ',
];

export function keysContract(subject: Subject): void {
  describe('a key', () => {
    for (const text of STRANGE) {
      it(`may contain ${JSON.stringify(text)}, and so may its value`, async () => {
        await subject.put(text, text);
        const entry = await subject.get(text);
        expect(entry?.key).to.equal(subject.key(text));
        expect(entry?.value).to.equal(text);
        await subject.delete(text);
        expect(await subject.get(text)).to.equal(undefined);
      });
    }

    it('is not the same as another form of the same letters', async () => {
      await subject.put('é', 'composed');
      expect(await subject.get('e\u0301')).to.equal(undefined);
    });

    it('is ordered by the bytes of its UTF-8', async () => {
      // U+10000 is D800 DC00 in UTF-16, below U+E000 there, but above it in UTF-8.
      const ordered = ['', 'A', 'a', 'a\u0000', 'aa', 'é', '\u07ff', '\u0800', '\ud7ff'];
      ordered.push('\ue000', '\uffff', '\u{10000}', '🔒', '\u{10ffff}');
      const keys = ordered.map((name) => subject.key(`o/${name}`));
      await subject.run(...[...keys].reverse().map((key) => put(key)));
      const result = await subject.store.read({ range: prefixed(subject.key('o/')) });
      expect(keysOf(result)).to.deep.equal(keys);
    });

    it('above U+FFFF is inside a range by the same order', async () => {
      await subject.run(put(subject.key('o/\uffff')), put(subject.key('o/\u{10000}')));
      const range = { from: subject.key('o/\ue000'), to: subject.key('o/\u{10000}') };
      expect(keysOf(await subject.store.read({ range }))).to.deep.equal([subject.key('o/\uffff')]);
    });

    it('of a prefix is not one that only begins alike', async () => {
      for (const name of ['a', 'a/', 'a/b', 'a/b/c', 'ab', 'a0', 'a.']) await subject.put(name);
      const result = await subject.store.read({ range: prefixed(subject.key('a/')) });
      expect(keysOf(result)).to.deep.equal(['a/', 'a/b', 'a/b/c'].map((name) => subject.key(name)));
    });

    it('may be of 8 KiB', async () => {
      const name = 'k'.repeat(8192);
      await subject.put(name, 'v');
      expect((await subject.get(name))?.value).to.equal('v');
    });

    it('may have a value of 1 MiB', async () => {
      const value = 'ü'.repeat(512 * 1024);
      await subject.put('a', value);
      const entry = await subject.get('a');
      expect(entry?.value === value).to.equal(true);
    });

    it('with an empty value exists', async () => {
      await subject.put('a', '');
      const { count } = await subject.store.read({ range: exactly(subject.key('a')) });
      expect(count).to.equal(1);
    });
  });
}
