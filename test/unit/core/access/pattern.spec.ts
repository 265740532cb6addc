import { expect } from 'chai';
import { parsePattern, showPattern } from '../../../../src/core/access/pattern.js';
import { configAccessName } from '../../../../src/core/access/vocabulary.js';

describe('a pattern of access rules', () => {
  it('is an exact name, a prefix, a kind without names, or all', () => {
    expect(parsePattern('lock:a')).to.deep.equal({ kind: 'lock', text: 'a', isPrefix: false });
    expect(parsePattern('lock:a:b/*')).to.deep.equal({
      kind: 'lock',
      text: 'a:b/',
      isPrefix: true,
    });
    expect(parsePattern('config:*')).to.deep.equal({ kind: 'config', text: '', isPrefix: true });
    expect(parsePattern('daemon')).to.deep.equal({ kind: 'daemon', text: '', isPrefix: true });
    expect(parsePattern('*')).to.deep.equal({ kind: undefined, text: '', isPrefix: true });
  });

  it('says what is wrong with it, and what would be right', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['locks:a', /no kind "locks" \(did you mean lock\?\)/],
      ['Lock:a', /no kind "Lock" \(did you mean lock\?\)/],
      ['', /no kind ""/],
      ['lock', /write `lock:\*` for all/],
      ['lock:', /write `lock:\*` for all/],
      ['lock:a*b', /only the end/],
      ['lock:**', /only the end/],
      ['lock:{who}', /braces are only for `\{principal\}`/],
      ['daemon:metrics', /write `daemon` alone/],
      ['lock:\ud800', /lone surrogate/],
      [`lock:${'a'.repeat(5000)}`, /at most 4096/],
    ];
    for (const [source, message] of cases) expect(parsePattern(source), source).to.match(message);
  });

  it('is written as it was read', () => {
    for (const source of ['lock:a', 'lock:a/*', 'election:*', 'lease', '*']) {
      const pattern = parsePattern(source);
      if (typeof pattern === 'string') throw new TypeError(pattern);
      expect(showPattern(pattern)).to.equal(source);
    }
  });

  it('of documents can not take a slash of a namespace for its end', () => {
    expect(configAccessName('shop', 'a/b')).to.equal('shop/a/b');
    expect(configAccessName('shop/a', 'b')).to.equal('shop%2Fa/b');
    expect(configAccessName('shop%2Fa', 'b')).to.equal('shop%252Fa/b');
  });
});
