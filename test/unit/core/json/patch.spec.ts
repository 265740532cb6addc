import { createRequire } from 'node:module';
import { expect } from 'chai';
import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { Fault, isFault } from '../../../../src/core/errors.js';
import { Draft } from '../../../../src/core/json/draft.js';
import { jsonEqual } from '../../../../src/core/json/equal.js';
import { jsonPatch } from '../../../../src/core/json/json-patch.js';
import { mergePatch } from '../../../../src/core/json/merge-patch.js';
import { parseJsonText } from '../../../../src/core/json/parse.js';
import { sizeOf } from '../../../../src/core/json/size.js';
import { JsonNumber, type JsonValue } from '../../../../src/core/json/value.js';
import { writeJson } from '../../../../src/core/json/write.js';

const read = (text: string): JsonValue => parseJsonText(text);
const MIB = 1024 * 1024;

describe('writeJson', () => {
  it('writes what it read: digits, order, and any name', () => {
    const text = '{"b":12345678901234567890.10e+5,"a":[true,null,"\\u2028"],"__proto__":{"x":1}}';
    expect(writeJson(read(text))).to.equal(text.replace('\\u2028', '\u2028'));
  });
});

describe('mergePatch', () => {
  // RFC 7396, appendix A.
  const cases: [string, string, string][] = [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ];
  for (const [target, patch, result] of cases) {
    it(`makes ${result} of ${target} by ${patch}`, () => {
      expect(writeJson(mergePatch(read(target), read(patch)))).to.equal(result);
    });
  }

  it('keeps digits and order of what it does not name, and takes __proto__ as a member', () => {
    const target = '{"z":9007199254740993,"a":1.10}';
    const patched = mergePatch(read(target), read('{"__proto__":{"x":1}}'));
    expect(writeJson(patched)).to.equal('{"z":9007199254740993,"a":1.10,"__proto__":{"x":1}}');
    expect(({} as { x?: unknown }).x).to.equal(undefined);
  });
});

describe('jsonEqual', () => {
  it('compares numbers by value', () => {
    for (const [a, b] of [
      ['1', '1.0'],
      ['10', '1e1'],
      ['0', '-0.00e7'],
      ['9007199254740993', '9007199254740993.0'],
      ['0.001', '1e-3'],
    ] as const) {
      expect(jsonEqual(read(a), read(b)), `${a} ${b}`).to.equal(true);
    }
    expect(jsonEqual(read('9007199254740993'), read('9007199254740992'))).to.equal(false);
    expect(jsonEqual(read('1'), read('-1'))).to.equal(false);
  });

  it('takes an exponent of any length that a number may have', () => {
    const huge = read(`1e${'9'.repeat(998)}`);
    expect(jsonEqual(huge, huge)).to.equal(true);
    expect(jsonEqual(huge, read(`10e${'9'.repeat(996)}8`))).to.equal(false);
  });
});

describe('jsonPatch', () => {
  const apply = (target: string, patch: string): string =>
    writeJson(jsonPatch(read(target), read(patch), MIB));

  // RFC 6902, appendix A.
  const cases: [string, string, string][] = [
    ['{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux"}]', '{"foo":"bar","baz":"qux"}'],
    [
      '{"foo":["bar","baz"]}',
      '[{"op":"add","path":"/foo/1","value":"qux"}]',
      '{"foo":["bar","qux","baz"]}',
    ],
    ['{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'],
    ['{"foo":["bar","qux","baz"]}', '[{"op":"remove","path":"/foo/1"}]', '{"foo":["bar","baz"]}'],
    [
      '{"baz":"qux","foo":"bar"}',
      '[{"op":"replace","path":"/baz","value":"boo"}]',
      '{"baz":"boo","foo":"bar"}',
    ],
    [
      '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
      '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
      '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
    ],
    [
      '{"foo":["all","grass","cows","eat"]}',
      '[{"op":"move","from":"/foo/1","path":"/foo/3"}]',
      '{"foo":["all","cows","eat","grass"]}',
    ],
    [
      '{"foo":["bar"]}',
      '[{"op":"add","path":"/foo/-","value":["abc","def"]}]',
      '{"foo":["bar",["abc","def"]]}',
    ],
    ['{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":10}]', '{"/":9,"~1":10}'],
    ['{"a":1}', '[{"op":"replace","path":"","value":[2]}]', '[2]'],
    [
      '{"a":[1]}',
      '[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/a/0","value":0}]',
      '{"a":[0,1],"b":[1]}',
    ],
    ['{}', '[{"op":"add","path":"/__proto__","value":{"x":1}}]', '{"__proto__":{"x":1}}'],
  ];
  for (const [target, patch, result] of cases) {
    it(`makes ${result}`, () => {
      expect(apply(target, patch)).to.equal(result);
    });
  }

  const refused: [string, string, string][] = [
    ['{"baz":"qux"}', '[{"op":"test","path":"/baz","value":"bar"}]', 'test failed'],
    ['{"foo":"bar"}', '[{"op":"add","path":"/baz/bat","value":"qux"}]', 'nothing at its path'],
    ['{"a":[1]}', '[{"op":"add","path":"/a/2","value":1}]', 'nothing at its path'],
    ['{"a":[1]}', '[{"op":"remove","path":"/a/01"}]', 'nothing at its path'],
    ['{"a":{"b":1}}', '[{"op":"move","from":"/a","path":"/a/b"}]', 'into itself'],
    ['{}', '[{"op":"swap","path":"/a"}]', 'op must be'],
    ['{}', '[{"op":"add","path":"/a"}]', 'value is missing'],
    ['{}', '[{"op":"add","path":"a","value":1}]', 'begins with /'],
    ['{}', '[{"op":"add","path":"/~2","value":1}]', 'begins with /'],
    ['{}', '{"op":"add"}', 'list of operations'],
    ['{}', '[{"op":"remove","path":""}]', 'whole document'],
    ['{}', `[${Array(1001).fill('{"op":"test","path":"","value":{}}').join(',')}]`, 'at most 1000'],
  ];
  for (const [target, patch, why] of refused) {
    it(`refuses ${patch.slice(0, 60)}: ${why}`, () => {
      expect(() => apply(target, patch)).to.throw(why);
    });
  }

  it('stops a document that doubles itself', () => {
    const double = '{"op":"copy","from":"","path":"/-"}';
    const startMs = performance.now();
    expect(() =>
      apply(`["${'x'.repeat(1000)}"]`, `[${Array(900).fill(double).join(',')}]`),
    ).to.throw('over 1048576 bytes');
    expect(performance.now() - startMs).to.be.below(5000);
  });

  it('agrees with another implementation on what applies', () => {
    const key = fc.constantFrom('a', 'b', '0', '1', '-', 'a/b', '~');
    const pointer = fc
      .array(key, { maxLength: 3 })
      .map((keys) => keys.map((k) => `/${k.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
    const value = fc.jsonValue({ maxDepth: 2, stringUnit: fc.constantFrom('a', 'b') });
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'copy', 'move', 'test'),
      path: pointer.filter((path) => path !== ''),
      from: pointer.filter((path) => path !== ''),
      value,
    });
    const target = fc.oneof(
      fc.dictionary(key, value),
      fc.dictionary(key, fc.array(value, { maxLength: 3 })),
    );
    fc.assert(
      fc.property(target, fc.array(operation, { maxLength: 6 }), (document, patch) => {
        // The other one reads array indices more freely; ours are RFC 6901's.
        fc.pre(!JSON.stringify(document).includes('__proto__'));
        const theirs = structuredClone(document) as unknown;
        let failed: boolean;
        try {
          failed = applyPatch(theirs, structuredClone(patch)).some(Boolean);
        } catch {
          failed = true;
        }
        let ours: string | undefined;
        try {
          ours = apply(JSON.stringify(document), JSON.stringify(patch));
        } catch {
          ours = undefined;
        }
        if (!failed && ours !== undefined) {
          expect(jsonEqual(read(ours), read(JSON.stringify(theirs)))).to.equal(true);
        }
        if (failed) expect(ours).to.equal(undefined);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a time that follows the sizes of document and patch', () => {
    const members = Array.from({ length: 60_000 }, (_, i) => `"k${i}":${i}`).join(',');
    const replace = Array.from(
      { length: 1000 },
      (_, i) => `{"op":"replace","path":"/k${i}","value":1}`,
    );
    const document = read(`{${members}}`);
    const patch = read(`[${replace.join(',')}]`);
    const before = process.cpuUsage();
    jsonPatch(document, patch, MIB);
    // It took 31 s.
    expect(cpuMs(before)).to.be.below(1000);
  });

  it('compares long numbers in a time that follows their length', () => {
    const zeros = `1${'0'.repeat(200_000)}1`;
    const before = process.cpuUsage();
    // Such a one can't be read any more: it took 26 s.
    expect(jsonEqual(new JsonNumber(zeros), new JsonNumber(`${zeros}.0`))).to.equal(true);
    expect(cpuMs(before)).to.be.below(1000);
  });
});

describe("JSON Patch's own tests", () => {
  interface Case {
    readonly comment?: string;
    readonly doc: unknown;
    readonly patch: unknown;
    readonly expected?: unknown;
    readonly error?: string;
    readonly disabled?: boolean;
  }
  const load = createRequire(import.meta.url);

  for (const file of ['spec_tests', 'tests']) {
    const cases = load(`json-patch-test-suite/${file}.json`) as readonly Case[];
    for (const [index, { comment, doc, patch, expected, error, disabled }] of cases.entries()) {
      if (disabled === true) continue;
      it(`${file} ${index}: ${comment ?? error ?? ''}`, () => {
        const apply = (): JsonValue =>
          jsonPatch(read(JSON.stringify(doc)), read(JSON.stringify(patch)), MIB);
        if (error !== undefined) {
          expect(apply).to.throw(Fault);
          return;
        }
        const result = apply();
        if (expected !== undefined) {
          expect(jsonEqual(result, read(JSON.stringify(expected)))).to.equal(true);
        }
      });
    }
  }
});

describe('Draft', () => {
  type Step = (draft: Draft) => void;
  const key = fc.constantFrom('a', 'b', '0', '1', '-');
  const path = fc.array(key, { maxLength: 3 });
  const value = fc
    .jsonValue({ maxDepth: 2, stringUnit: fc.constantFrom('a', 'é') })
    .map((plain) => read(JSON.stringify(plain)));
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.tuple(path, value).map(
      ([at, v]): Step =>
        (draft) =>
          draft.add(at, v, ''),
    ),
    fc.tuple(path, value).map(
      ([at, v]): Step =>
        (draft) =>
          draft.replace(at, v, ''),
    ),
    path.map(
      (at): Step =>
        (draft) =>
          draft.remove(at, ''),
    ),
    fc.tuple(path, path).map(
      ([from, to]): Step =>
        (draft) =>
          draft.copy(from, to, ''),
    ),
    fc.tuple(path, path).map(([from, to]): Step => (draft) => {
      if (!from.every((name, index) => name === to[index])) draft.move(from, to, '');
    }),
  );

  it('counts the bytes by what changes, and leaves the original and all that it was given as it is', () => {
    fc.assert(
      fc.property(value, fc.array(step, { maxLength: 12 }), (original, steps) => {
        const text = writeJson(original);
        const draft = new Draft(original);
        for (const change of steps) {
          try {
            change(draft);
          } catch (error) {
            if (!isFault(error, 'FAILED_PRECONDITION')) throw error;
            break;
          }
          expect(draft.bytes).to.equal(sizeOf(draft.value));
        }
        expect(writeJson(original)).to.equal(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('changes a value that stands in two places in one of them', () => {
    const draft = new Draft(read('{"a":{"x":{"y":1}}}'));
    draft.add(['a', 'x', 'z'], '2', '');
    draft.copy(['a'], ['b'], '');
    draft.replace(['a', 'x', 'y'], '3', '');
    draft.remove(['b', 'x', 'z'], '');
    expect(writeJson(draft.value)).to.equal('{"a":{"x":{"y":"3","z":"2"}},"b":{"x":{"y":1}}}');
  });
});

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
