import { expect } from 'chai';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { CompiledSchemas } from '../../../src/service/config/schema/compiled-schemas.js';
import { linearPattern } from '../../../src/service/config/schema/linear-pattern.js';
import { isMultipleOf } from '../../../src/service/config/schema/multiple-of.js';
import { isFault, type Fault } from '../../../src/core/errors.js';

/** Undefined: it satisfies the schema. */
function faultWith(schema: object, data: unknown): Fault | undefined {
  const text = JSON.stringify(schema);
  try {
    const document = JSON.stringify(data);
    new CompiledSchemas(() => undefined).check({ schema: text, digest: text, document });
    return undefined;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
}

describe('multipleOf', () => {
  for (const [value, divisor, expected] of [
    [19.99, 0.01, true],
    [8.69, 0.01, true],
    [143.48, 0.01, true],
    [0.3, 0.1, true],
    [0.35, 0.1, false],
    [1e308, 0.5, true],
    [1e-7, 1e-8, true],
    [-7.5, 2.5, true],
    [5e-324, 1e308, false],
    [0, 0.1, true],
    [Number.POSITIVE_INFINITY, 0.1, false],
  ] as const) {
    it(`takes ${value} ${expected ? 'as' : 'not as'} a multiple of ${divisor}`, () => {
      expect(isMultipleOf(value, divisor)).to.equal(expected);
    });
  }
});

describe('a pattern of a schema', () => {
  for (const [pattern, text, expected] of [
    ['^x\\-y$', 'x-y', true],
    ['^[\\w-.]+$', 'a-b.c', true],
    ['^[\\w-.]+$', 'a b', false],
    ['^(?!a)b', 'b', true],
    ['^(a)\\1$', 'aa', true],
    ['^.$', '😀', true],
    ['^\\p{Lu}$', 'É', true],
    ['^\\p{Letter}+$', 'é', true],
    ['^\\p{Script=Greek}$', 'λ', true],
    ['^a{1,2000}$', 'aa', true],
    ['[\\s\\S]', '\u2028', true],
    ['^[^]$', '\n', true],
    ['^\\cA$', '\u0001', true],
  ] as const) {
    it(`is ${pattern}, which ${expected ? 'matches' : 'does not match'} ${text}`, () => {
      expect(faultWith({ pattern }, text) === undefined).to.equal(expected);
    });
  }

  it('is refused if it is none in either mode', () => {
    expect(faultWith({ pattern: '(' }, 'x')?.message).to.contain('Invalid regular expression');
  });

  it('means the same to the linear engine as to that of ECMAScript', () => {
    const sign = fc.constantFrom(
      'a',
      'b',
      'Z',
      '0',
      '_',
      '-',
      ' ',
      '\n',
      '\r',
      '\u2028',
      '\ufeff',
      'é',
      '😀',
      '.',
    );
    const atom = fc.constantFrom(
      ...[
        'a',
        'b',
        '0',
        '\\.',
        '.',
        '\\d',
        '\\D',
        '\\w',
        '\\W',
        '\\s',
        '\\S',
        '\\b',
        '\\B',
        '^',
        '$',
        '\\n',
        '\\t',
      ],
      ...[
        '[a-c]',
        '[^a]',
        '[\\s\\S]',
        '[^\\s]',
        '[\\w.-]',
        '[^\\W_]',
        '[é😀]',
        '[-a]',
        '[a-]',
        '[]',
        '[^]',
        '[\\b]',
      ],
      ...[
        '\\u00e9',
        '\\u{1f600}',
        '\\x61',
        '\\-',
        '[\\-a]',
        '\\p{L}',
        '\\P{L}',
        '\\p{Lu}',
        '-',
        ' ',
      ],
    );
    const { pattern } = fc.letrec<{ pattern: string; term: string }>((tie) => ({
      term: fc.oneof(
        { maxDepth: 3 },
        atom,
        fc
          .tuple(atom, fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?'))
          .map((all) => all.join('')),
        tie('pattern').map((inside) => `(${inside})`),
        tie('pattern').map((inside) => `(?:${inside})*`),
        tie('pattern').map((inside) => `(?<n>${inside})`),
      ),
      pattern: fc.oneof(
        fc.array(tie('term'), { minLength: 1, maxLength: 4 }).map((terms) => terms.join('')),
        fc.tuple(tie('term'), tie('term')).map((both) => both.join('|')),
      ),
    }));
    let compared = 0;
    fc.assert(
      fc.property(pattern, fc.array(sign, { maxLength: 6 }), (source, signs) => {
        let expression: RegExp;
        try {
          expression = new RegExp(source, 'u');
        } catch {
          return;
        }
        const linear = linearPattern(source);
        if (linear === undefined) return;
        const text = signs.join('');
        // V8 finds no boundary in the middle of a surrogate pair, where the standard does not look for one.
        if (source.includes('\\B') && /[^\0-\uffff]/u.test(text)) return;
        compared++;
        expect(RE2JS.compile(linear).test(text), `${source} on ${JSON.stringify(text)}`).to.equal(
          expression.test(text),
        );
      }),
      { numRuns: 5000 },
    );
    expect(compared).to.be.above(1000);
  });
});

describe('uniqueItems', () => {
  const unique = { uniqueItems: true };

  it('compares by value, whatever the order of members', () => {
    expect(
      faultWith(unique, [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ])?.message,
    ).to.contain('items ## 0 and 1 are identical');
    expect(
      faultWith(unique, [1, '1', true, 'true', null, 'null', [1], ['1'], { a: 1 }, {}]),
    ).to.equal(undefined);
    expect(faultWith(unique, [0, -0])).to.not.equal(undefined);
    expect(faultWith({ uniqueItems: false }, [1, 1])).to.equal(undefined);
  });

  it('takes 20,000 objects in a time that follows their number', () => {
    const before = process.cpuUsage();
    const items = Array.from({ length: 20_000 }, (_, n) => ({ n }));
    expect(faultWith({ items: { type: 'object' }, ...unique }, items)).to.equal(undefined);
    const { user } = process.cpuUsage(before);
    expect(user / 1000).to.be.below(2000);
  });
});

describe('the draft of a schema', () => {
  const draft = (name: string): string => `json-schema.org/${name}`;

  for (const name of [
    'draft-06/schema',
    'draft-07/schema',
    'draft/2019-09/schema',
    'draft/2020-12/schema',
  ]) {
    for (const $schema of [
      `http://${draft(name)}`,
      `https://${draft(name)}`,
      `http://${draft(name)}#`,
      `https://${draft(name)}#`,
    ]) {
      it(`may be given as ${$schema}`, () => {
        expect(faultWith({ $schema, type: 'string' }, 'x')).to.equal(undefined);
        expect(faultWith({ $schema, type: 'string' }, 1)?.details.reason).to.equal(
          'SCHEMA_VIOLATION',
        );
      });
    }
  }

  for (const $schema of [
    'http://json-schema.org/draft-04/schema#',
    'http://example.com/mine',
    '',
    7,
    'constructor',
  ]) {
    it(`is refused by name if it is ${JSON.stringify($schema)}`, () => {
      const fault = faultWith({ $schema }, 1);
      expect(fault?.message)
        .to.contain(`its $schema is ${JSON.stringify($schema)}`)
        .and.contain('draft-07');
    });
  }

  it('has no if in draft-06', () => {
    const schema = { if: true, then: false };
    expect(faultWith({ $schema: `http://${draft('draft-06/schema#')}`, ...schema }, 1)).to.equal(
      undefined,
    );
    expect(faultWith(schema, 1)).to.not.equal(undefined);
  });
});
