import { expect } from 'chai';
import fc from 'fast-check';
import { isFault } from '../../../src/core/errors.js';
import { MAX_JSON_DEPTH, parseJson } from '../../../src/core/json/parse.js';
import { JsonNumber } from '../../../src/core/json/value.js';
import type { JsonValue } from '../../../src/core/json/value.js';

function parse(text: string): JsonValue {
  return parseJson(Buffer.from(text));
}

/** As JSON.parse would have it, for texts that both read alike. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (value instanceof Map) {
    const members = [...(value as ReadonlyMap<string, JsonValue>)];
    return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
  }
  return Array.isArray(value) ? (value as JsonValue[]).map(plain) : value;
}

function messageOf(text: string | Buffer): string {
  try {
    parseJson(Buffer.from(text));
  } catch (error) {
    if (isFault(error, 'INVALID_ARGUMENT')) return error.message;
    throw error;
  }
  throw new Error('it was read');
}

describe('the JSON reader', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (text) => {
        const expected: unknown = JSON.parse(text);
        expect(plain(parse(text))).to.deep.equal(expected);
      }),
    );
  });

  it('accepts and refuses the same short texts as JSON.parse, but for members that are there twice', () => {
    const signs = fc.constantFrom(
      ...'{}[]:,"\\ \n\t0123456789.eE+-truefalsnu/bx'.split(''),
      '\u0001',
    );
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 12 }), (letters) => {
        const text = letters.join('');
        let accepted = true;
        try {
          JSON.parse(text);
        } catch {
          accepted = false;
        }
        let message = '';
        try {
          parse(text);
        } catch (error) {
          message = (error as Error).message;
        }
        if (!message.includes('is there twice')) expect(message === '').to.equal(accepted, text);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps all digits of a number', () => {
    const value = parse('9223372036854775807');
    expect((value as JsonNumber).text).to.equal('9223372036854775807');
  });

  it('reads __proto__ as an ordinary member', () => {
    const value = parse('{"__proto__":{"x":1},"constructor":2}');
    expect([...(value as ReadonlyMap<string, JsonValue>).keys()]).to.deep.equal([
      '__proto__',
      'constructor',
    ]);
    expect(({} as Record<string, unknown>).x).to.equal(undefined);
  });

  it('keeps a lone surrogate of an escape for the field to refuse', () => {
    expect(parse('"\\ud800"')).to.equal('\ud800');
  });

  it('reads the largest numbers that are allowed', () => {
    expect((parse(`-${'1'.repeat(999)}`) as JsonNumber).text).to.have.length(1000);
  });

  it('reads as many levels as are allowed', () => {
    const text = '['.repeat(MAX_JSON_DEPTH) + ']'.repeat(MAX_JSON_DEPTH);
    expect(parse(text)).to.be.an('array');
  });

  const refused: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ['nesting of 10,000 levels', '['.repeat(10_000), /nested deeper than 100/],
    ['one level too many', '['.repeat(101) + ']'.repeat(101), /nested deeper than 100/],
    ['a member that is there twice', '{"a":1,"a":2}', /column 8: the member "a" is there twice/],
    ['the same member in another spelling', '{"a":1,"\\u0061":2}', /twice/],
    ['a byte order mark', '\ufeff{}', /byte order mark/],
    ['bytes after the value', '{} {}', /nothing may follow/],
    ['a truncated text', '{"a":', /where it ends: a value is expected \(in a\)/],
    ['an unclosed string', '"abc', /not closed/],
    ['an empty text', '', /a value is expected/],
    ['a trailing comma', '[1,]', /a value is expected/],
    ['a leading zero', '01', /no such number/],
    ['NaN', 'NaN', /a value is expected/],
    ['a control character in a string', '"a\nb"', /must be escaped/],
    ['an unknown escape', '"\\x"', /no such escape/],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
    [
      'a number of too many digits',
      `{"a":${'1'.repeat(1001)}}`,
      /column 6: a number has 1001 characters; at most 1000/,
    ],
    ['more values than a request needs', `[${'0,'.repeat(20_000)}0]`, /over 20000 values/],
    ['a comment', '// x\n1', /a value is expected/],
  ];
  for (const [what, text, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(messageOf(text)).to.match(message);
    });
  }

  it('says where by line, column and path', () => {
    expect(messageOf('{\n  "labels": {"a": tru}\n}')).to.contain(
      'at line 2, column 19: a value is expected (in labels.a)',
    );
  });
});
