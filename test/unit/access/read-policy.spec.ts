import { expect } from 'chai';
import fc from 'fast-check';
import { PolicyError, readPolicy } from '../../../src/access/read-policy.js';
import { AccessRules } from '../../../src/core/access/access-rules.js';
import { lintPolicy } from '../../../src/core/access/lint-policy.js';
import { Principals } from '../../../src/core/access/principals.js';

const POLICY = `version: 1
principals:
  - {name: billing, match: {jwt: "system:serviceaccount:shop:billing"}}
  - {name: ops, match: {jwtGroup: "sre"}}
  - name: batch
    match:
      - {san: "spiffe://corp/ns/batch/*"}
      - {tokenSha256: "${'9F'.repeat(32)}"}
  - {name: local, match: {unix: true}}
  - {name: ci}
rules:
  - {to: [billing], allow: [acquire, read, fence], on: ["lock:shop/*", "election:shop/*"]}
  - {to: [ops], allow: ["*"], on: ["*"]}
  - {to: [ops, ci], deny: [forceRelease], on: ["lock:payments/*"]}
  - {to: [anonymous], allow: [openapi], on: [daemon]}
`;

/** The problems of a policy, each as \`line: message\`. */
function problemsOf(text: string): string[] {
  try {
    readPolicy(text);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
  return [];
}

function withRules(rules: string): string {
  return `version: 1\nprincipals: [{name: ops}, {name: billing}]\nrules:\n${rules}\n`;
}

describe('a policy file', () => {
  it('is read with its lines', () => {
    const policy = readPolicy(POLICY);
    expect(policy.principals.map(({ name, line }) => [name, line])).to.deep.equal([
      ['billing', 3],
      ['ops', 4],
      ['batch', 5],
      ['local', 9],
      ['ci', 10],
    ]);
    expect(policy.principals[2]?.matches).to.deep.equal([
      { by: 'san', value: 'spiffe://corp/ns/batch/*' },
      { by: 'tokenSha256', value: '9f'.repeat(32) },
    ]);
    expect(policy.rules[2]).to.deep.equal({
      to: ['ops', 'ci'],
      effect: 'deny',
      verbs: ['forceRelease'],
      on: [{ kind: 'lock', text: 'payments/', isPrefix: true }],
      line: 14,
    });
  });

  it('can be JSON', () => {
    const json = JSON.stringify(
      {
        version: 1,
        principals: [{ name: 'ops', match: { jwtGroup: 'sre' } }],
        rules: [{ to: ['ops'], allow: ['*'], on: ['*'] }],
      },
      null,
      2,
    );
    expect(readPolicy(json).rules[0]?.verbs).to.equal('*');
  });

  it('decides with what it says', () => {
    const policy = readPolicy(POLICY);
    const rules = new AccessRules(policy);
    const shown = { via: 'jwt', subject: 'ann', groups: ['sre'], expiresAtMs: 1 } as const;
    const ann = new Principals(policy).of(shown);
    const on = (name: string) => ({ kind: 'lock', name }) as const;
    expect(rules.decide(ann, 'forceRelease', on('shop/a')).allowed).to.equal(true);
    expect(rules.decide(ann, 'forceRelease', on('payments/a')).rule?.line).to.equal(14);
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['an empty file', '', /^1: /],
    ['no version', 'rules: []', /^1: version must be 1/],
    ['another version', 'version: 2', /^1: version must be 1/],
    ['a version as a text', 'version: "1"', /^1: version must be 1/],
    [
      'an unknown word',
      'version: 1\nrule: []',
      /^2: a policy has no "rule" \(did you mean rules\?\)/,
    ],
    ['space for no namespace', 'version: 1\nspace: {shop: 1KiB}', /^2: "shop" names no namespace/],
    ['a list that is none', 'version: 1\nrules: {}', /^2: rules must be a list/],
    ['a name twice', 'version: 1\nprincipals:\n- {name: a}\n- {name: a}', /^4: a is there twice/],
    ['a name with a colon', 'version: 1\nprincipals:\n- {name: "jwt:a"}', /^3: "jwt:a" can't be/],
    ['anonymous as a name', 'version: 1\nprincipals:\n- {name: anonymous}', /^3: anonymous is who/],
    [
      'an alias that is a principal',
      'version: 1\nprincipals:\n- {name: a, aliases: [b]}\n- {name: b}',
      /^3: b is a principal: a can't have had its id/,
    ],
    [
      'an alias of two',
      'version: 1\nprincipals:\n- {name: a, aliases: [c]}\n- {name: b, aliases: [c]}',
      /^4: a had this id too/,
    ],
    [
      'anonymous as an alias',
      'version: 1\nprincipals:\n- {name: a, aliases: [anonymous]}',
      /^3: what anonymous makes is nobody's/,
    ],
    [
      'no name',
      'version: 1\nprincipals:\n- {match: {unix: true}}',
      /^3: a principal's name must be/,
    ],
    ['a number as a name', 'version: 1\nprincipals:\n- {name: 7}', /^3: .* put it in quotes/],
    [
      'two ways to match in one',
      'version: 1\nprincipals:\n- {name: a, match: {unix: true, jwt: x}}',
      /^3: match must have one member/,
    ],
    ['no way to match', 'version: 1\nprincipals:\n- {name: a, match: {}}', /^3: match must have/],
    [
      'an unknown way to match',
      'version: 1\nprincipals:\n- {name: a, match: {cn: x}}',
      /^3: match has no "cn"/,
    ],
    [
      'a hash that is none',
      'version: 1\nprincipals:\n- {name: a, match: {tokenSha256: secret}}',
      /^3: tokenSha256 must be the SHA-256 of the token, 64/,
    ],
    [
      'one match for two',
      'version: 1\nprincipals:\n- {name: a, match: {jwt: x}}\n- {name: b, match: {jwt: x}}',
      /^4: a matches the same/,
    ],
    [
      'unix that is not',
      'version: 1\nprincipals:\n- {name: a, match: {unix: false}}',
      /^3: unix must be true/,
    ],
    [
      'a star in the middle',
      'version: 1\nprincipals:\n- {name: a, match: {san: "a*b"}}',
      /^3: san must be/,
    ],
    ['a rule without effect', withRules('- {to: [ops], on: ["*"]}'), /^4: a rule must have either/],
    [
      'a rule with both',
      withRules('- {to: [ops], allow: [read], deny: [read], on: ["*"]}'),
      /^4: a rule must/,
    ],
    ['a rule about nothing', withRules('- {to: [ops], allow: [read], on: []}'), /^4: on is empty/],
    ['a rule without `to`', withRules('- {allow: [read], on: ["*"]}'), /^4: to must be a list/],
    [
      'an unknown principal',
      withRules('- {to: [opps], allow: [read], on: ["*"]}'),
      /did you mean ops\?/,
    ],
    [
      'an unknown verb',
      withRules('- {to: [ops], allow: [raed], on: ["*"]}'),
      /"raed" \(did you mean read\?\)/,
    ],
    [
      'health',
      withRules('- {to: [ops], allow: [health], on: [daemon]}'),
      /^4: health needs no rule/,
    ],
    [
      'an unknown kind',
      withRules('- {to: [ops], allow: [read], on: ["lokc:a"]}'),
      /did you mean lock\?/,
    ],
    [
      'a verb without meaning',
      withRules('- {to: [ops], allow: [read, acquire], on: ["config:a/*"]}'),
      /^4: acquire means something for lock, election,/,
    ],
    [
      'a pattern without meaning',
      withRules('- {to: [ops], deny: [acquire], on: ["lock:a", "config:a/b"]}'),
      /^4: none of acquire means something for config:a\/b/,
    ],
    [
      'all verbs and one more',
      withRules('- {to: [ops], allow: ["*", read], on: ["*"]}'),
      /^4: `\*` is all verbs/,
    ],
    ['a member twice', 'version: 1\nversion: 1', /^2: .*unique/i],
    ['an anchor', 'version: 1\nrules: &a []', /^2: anchors and aliases/],
    ['an alias', 'version: 1\nprincipals: &a []\nrules: *a', /^2: anchors and aliases/],
    ['a tag', 'version: 1\nrules: !!set []', /^2: /],
    ['a tag of its own', 'version: 1\nrules: !x []', /^2: /],
    ['two documents', 'version: 1\n---\nversion: 1', /^[12]: /],
    ['what is no YAML', 'version: 1\nrules: [', /^[23]: /],
  ];
  for (const [what, text, message] of wrong) {
    it(`with ${what} is refused`, () => {
      const problems = problemsOf(text);
      expect(problems.join('\n')).to.match(message);
      expect(problems.length).to.be.at.most(20);
    });
  }

  it('tells all that is wrong, in order, and not too much of it', () => {
    const rule = '- {to: [x], allow: [y], on: [z]}\n';
    const problems = problemsOf(withRules(rule.repeat(100)));
    expect(problems).to.have.lengthOf(20);
    const lines = problems.map((problem) => Number.parseInt(problem, 10));
    expect(lines).to.deep.equal(lines.toSorted((a, b) => a - b));
  });

  it('that is too long or too deep is refused, soon', () => {
    expect(problemsOf(`version: 1 # ${'x'.repeat(256 * 1024)}`)[0]).to.match(/at most 262144/);
    const long = 250_000;
    for (const piece of ['[', '{', '{a: ', '- ', '? ', 'a:\n - ', ': ', '[[],']) {
      const [first] = problemsOf(`version: 1\nrules:\n${piece.repeat(long / piece.length)}`);
      expect(first, piece).to.match(/^1: it is nested too deeply|^[0-9]+: /);
    }
    const indented = Array.from({ length: 600 }, (_, n) => `${' '.repeat(n)}a:\n`).join('');
    expect(problemsOf(indented)).to.not.deep.equal([]);
  }).timeout(30_000);

  it('is read or refused, whatever it is', () => {
    const word = fc.constantFrom(
      ...['version', 'principals', 'rules', 'name', 'match', 'to', 'allow', 'deny', 'on', 'lock:a'],
      ...[
        '{',
        '}',
        '[',
        ']',
        ': ',
        ', ',
        '- ',
        '\n',
        '\n  ',
        '"',
        "'",
        '&a ',
        '*a',
        '!x ',
        '1',
        '~',
      ],
      ...['*', 'ops', '|', '>', '#', '\u0000', '\ud800', '%', '---', '? '],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        problemsOf(words.join(''));
      }),
      { numRuns: 1500 },
    );
    fc.assert(
      fc.property(fc.nat(POLICY.length), fc.nat(8), word, (at, length, put) => {
        problemsOf(POLICY.slice(0, at) + put + POLICY.slice(at + length));
      }),
      { numRuns: 500 },
    );
  }).timeout(60_000);
});

describe('policy lint', () => {
  const doubts = (text: string) =>
    lintPolicy(readPolicy(text)).map(({ line, message }) => `${line}: ${message}`);

  it('finds nothing in a policy that means what it says', () => {
    const rules =
      '- {to: [ops], allow: ["*"], on: ["*"]}\n- {to: [billing], allow: [read], on: ["lock:shop/*"]}';
    expect(doubts(withRules(rules))).to.deep.equal([]);
  });

  it('finds what may not be meant so', () => {
    const found = doubts(`version: 1
principals:
  - {name: ops, match: {jwt: "*"}}
  - {name: idle}
rules:
  - {to: [ops], allow: [acquire], on: ["lock:shop*"]}
  - {to: [anonymous], allow: [acquire], on: ["lock:x"]}
  - {to: [ops], allow: [read], on: ["config:shop"]}
  - {to: [ops], deny: ["*"], on: ["config:*"]}
`);
    expect(found).to.have.lengthOf(6);
    expect(found[0]).to.match(/^3: ops is everybody with a jwt/);
    expect(found[1]).to.match(/^4: no rule is about idle/);
    expect(found[2]).to.match(/^6: lock:shop\* is also about lock:shopx/);
    expect(found[3]).to.match(/^7: anybody who reaches the daemon/);
    expect(found[4]).to.match(/^8: config:shop names no document/);
    expect(found[5]).to.match(/^8: the rule of line 9 denies all of it/);
  });
});
