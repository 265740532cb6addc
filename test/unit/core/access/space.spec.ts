import { expect } from 'chai';
import { readPolicy } from '../../../../src/access/read-policy.js';
import { SpaceLimits } from '../../../../src/core/access/space.js';

const KIB = 1024;

describe('the space that a policy gives to namespaces', () => {
  const of = (space: string): SpaceLimits =>
    new SpaceLimits(readPolicy(`version: 1\nspace: ${space}`).space);

  it('is that of what fits a namespace most exactly', () => {
    const limits = of(
      '{default: 1KiB, "config:shop": 2MiB, "config:shop-*": 3GiB, "config:shop-test-*": 4KiB}',
    );
    const bytes = ['till', 'shop', 'Shop', 'shop-', 'shop-test', 'shop-test-1'].map((name) =>
      limits.of(name),
    );
    const GIB3 = 3 * KIB ** 3;
    expect(bytes).to.deep.equal([KIB, 2 * KIB ** 2, KIB, GIB3, GIB3, 4 * KIB]);
  });

  it('has no limit for namespaces that it does not name', () => {
    expect(of('{"config:shop": 1KiB}').of('till')).to.equal(undefined);
    expect(new SpaceLimits(readPolicy('version: 1').space).of('till')).to.equal(undefined);
  });

  it('knows a namespace by how rules write it', () => {
    const limits = of('{"config:a%2Fb": 1KiB, "config:a%25": 2KiB, "config:default": 3KiB}');
    const bytes = ['a/b', 'a%2Fb', 'a%', 'default'].map((name) => limits.of(name));
    expect(bytes).to.deep.equal([KIB, undefined, 2 * KIB, 3 * KIB]);
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['[]', /^line 2: space must be a mapping/],
    ['{shop: 1KiB}', /^line 2: "shop" names no namespace of documents: write config:namespace/],
    ['{"lock:shop": 1KiB}', /^line 2: "lock:shop" names no namespace/],
    ['{"*": 1KiB}', /^line 2: "\*" names no namespace/],
    ['{"config:*": 1KiB}', /^line 2: "config:\*" names no namespace.*default/],
    ['{"config:": 1KiB}', /^line 2: "config:" names no namespace/],
    ['{"config:a*b": 1KiB}', /^line 2: `\*` stands for what follows/],
    ['{"config:shop/till": 1KiB}', /^line 2: "config:shop\/till" is not a namespace/],
    ['{"config:{principal}": 1KiB}', /^line 2: "config:\{principal\}" is not a namespace/],
    ['{default: 64}', /^line 2: space must be a whole number from 1 to 999999 and a unit/],
    ['{default: 64MB}', /^line 2: space must be .* such as 64MiB/],
    ['{default: 0KiB}', /^line 2: space must be/],
    ['{default: }', /^line 2: space must be/],
    ['{default: 1KiB, default: 2KiB}', /unique/],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${text}`, () => {
      expect(() => of(text)).to.throw(message);
    });
  }
});
