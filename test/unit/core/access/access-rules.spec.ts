import { expect } from 'chai';
import fc from 'fast-check';
import { AccessRules } from '../../../../src/core/access/access-rules.js';
import { parsePattern, patternFor } from '../../../../src/core/access/pattern.js';
import type { Pattern } from '../../../../src/core/access/pattern.js';
import type { Rule } from '../../../../src/core/access/policy.js';
import { ANONYMOUS, type Principal } from '../../../../src/core/access/principal.js';
import type { Target } from '../../../../src/core/access/rule-index.js';
import { applies, KINDS, VERBS, type Verb } from '../../../../src/core/access/vocabulary.js';

function pattern(source: string): Pattern {
  const parsed = parsePattern(source);
  if (typeof parsed === 'string') throw new TypeError(parsed);
  return parsed;
}

function rule(
  effect: Rule['effect'],
  to: string,
  verbs: readonly Verb[] | '*',
  on: readonly string[],
  line = 1,
): Rule {
  return { to: to.split(' '), effect, verbs, on: on.map(pattern), line };
}

function principal(id: string, groups: readonly string[] = []): Principal {
  return {
    id,
    groups,
    formerIds: [],
    via: 'token',
    shown: { via: 'none' },
    expiresAtMs: undefined,
  };
}

function rules(...all: readonly Rule[]): AccessRules {
  return new AccessRules({ rules: all });
}

const BILLING = principal('billing');

function lock(name: string): Target {
  return { kind: 'lock', name };
}

function locks(name: string): Target {
  return { kind: 'lock', name, isPrefix: true };
}

describe('access rules', () => {
  it('put no caller into the name of a namespace that would be read as another', () => {
    const some = rules(
      rule('allow', 'a%2Fb', ['read'], ['config:{principal}/*', 'lock:{principal}/*']),
    );
    const may = (kind: 'config' | 'lock'): boolean =>
      some.decide(principal('a%2Fb'), 'read', { kind, name: 'a%2Fb/x' }).allowed;
    expect([may('config'), may('lock')]).to.deep.equal([false, true]);
  });

  it('refuse what no rule allows', () => {
    expect(rules().decide(BILLING, 'read', lock('a'))).to.deep.equal({
      allowed: false,
      rule: undefined,
    });
    const some = rules(rule('allow', 'billing', ['read'], ['lock:a']));
    expect(some.decide(BILLING, 'read', lock('a')).allowed).to.equal(true);
    expect(some.decide(BILLING, 'acquire', lock('a')).allowed).to.equal(false);
    expect(some.decide(BILLING, 'read', { kind: 'election', name: 'a' }).allowed).to.equal(false);
    expect(some.decide(principal('Billing'), 'read', lock('a')).allowed).to.equal(false);
    expect(some.decide(ANONYMOUS, 'read', lock('a')).allowed).to.equal(false);
  });

  it('let a denial win, wherever it stands and however exact the permission is', () => {
    const deny = rule('deny', 'billing', ['acquire'], ['lock:shop/*']);
    const allow = rule('allow', 'billing', '*', ['lock:shop/till']);
    for (const both of [rules(deny, allow), rules(allow, deny)]) {
      expect(both.decide(BILLING, 'acquire', lock('shop/till'))).to.deep.equal({
        allowed: false,
        rule: deny,
      });
      expect(both.decide(BILLING, 'read', lock('shop/till')).allowed).to.equal(true);
    }
  });

  it('refuse a list of everything if some of it may not be read', () => {
    const all = rule('allow', 'billing', '*', ['lock:*', 'counter:*']);
    const deny = rule('deny', 'billing', ['read'], ['lock:hr/*']);
    const some = rules(all, deny);
    expect(some.decide(BILLING, 'listAll', locks(''))).to.deep.equal({
      allowed: false,
      rule: deny,
    });
    const counters = { kind: 'counter', name: '', isPrefix: true } as const;
    expect(some.decide(BILLING, 'listAll', counters).allowed).to.equal(true);
  });

  it('compare names as they are', () => {
    const shop = rules(rule('allow', 'billing', ['acquire'], ['lock:shop/*']));
    const may = (name: string): boolean => shop.decide(BILLING, 'acquire', lock(name)).allowed;
    for (const name of ['shop/', 'shop/a', 'shop/a/b', 'shop/*'])
      expect(may(name), name).to.equal(true);
    for (const name of ['shop', 'Shop/a', 'shop%2Fa', 'shopping', '/shop/a', ' shop/a', '']) {
      expect(may(name), name).to.equal(false);
    }
  });

  it('allow a list only if one rule covers all of its prefix', () => {
    const some = rules(rule('allow', 'billing', ['read'], ['lock:shop/*', 'lock:x', 'lock:shop']));
    expect(some.decide(BILLING, 'read', locks('shop/')).allowed).to.equal(true);
    expect(some.decide(BILLING, 'read', locks('shop/till')).allowed).to.equal(true);
    expect(some.decide(BILLING, 'read', locks('shop')).allowed).to.equal(false);
    expect(some.decide(BILLING, 'read', locks('x')).allowed).to.equal(false);
    expect(some.decide(BILLING, 'read', locks('')).allowed).to.equal(false);
  });

  it('refuse a list if a denial is about any of it', () => {
    const denied = (on: string): AccessRules =>
      rules(rule('allow', 'billing', '*', ['lock:*']), rule('deny', 'billing', ['read'], [on]));
    for (const on of ['lock:shop/secret', 'lock:shop/s*', 'lock:shop/*', 'lock:*', '*']) {
      expect(denied(on).decide(BILLING, 'read', locks('shop/')).allowed, on).to.equal(false);
    }
    for (const on of ['lock:other', 'lock:shop', 'election:*']) {
      expect(denied(on).decide(BILLING, 'read', locks('shop/')).allowed, on).to.equal(true);
    }
  });

  it('give the rights of groups, and let a denial of a group win', () => {
    const some = rules(
      rule('allow', 'sre', '*', ['*']),
      rule('deny', 'interns', ['forceRelease'], ['lock:*']),
    );
    const sre = principal('jwt:ann', ['sre']);
    const intern = principal('jwt:bob', ['interns', 'sre']);
    expect(some.decide(sre, 'forceRelease', lock('a')).allowed).to.equal(true);
    expect(some.decide(intern, 'forceRelease', lock('a')).allowed).to.equal(false);
    expect(some.decide(intern, 'read', lock('a')).allowed).to.equal(true);
    expect(some.decide(principal('jwt:ann'), 'read', lock('a')).allowed).to.equal(false);
  });

  it('put the id of the caller where a pattern wants it', () => {
    const some = rules(
      rule('allow', 'billing batch a/b c*', ['acquire'], ['lock:jobs/{principal}/*']),
    );
    expect(some.decide(BILLING, 'acquire', lock('jobs/billing/1')).allowed).to.equal(true);
    expect(some.decide(BILLING, 'acquire', lock('jobs/batch/1')).allowed).to.equal(false);
    expect(some.decide(principal('a/b'), 'acquire', lock('jobs/a/b/1')).allowed).to.equal(false);
    expect(some.decide(principal('c*'), 'acquire', lock('jobs/c*/1')).allowed).to.equal(false);
  });

  it('deny too much rather than too little to a caller whose id can not be put in', () => {
    const some = rules(
      rule('allow', 'a/b', ['acquire'], ['lock:*']),
      rule('deny', 'a/b', ['acquire'], ['lock:jobs/{principal}/x']),
    );
    const caller = principal('a/b');
    expect(some.decide(caller, 'acquire', lock('jobs/a/b/x')).allowed).to.equal(false);
    expect(some.decide(caller, 'acquire', lock('jobs/other')).allowed).to.equal(false);
    expect(some.decide(caller, 'acquire', lock('job')).allowed).to.equal(true);
  });

  it('know whether a verb is allowed for anything', () => {
    const some = rules(rule('allow', 'billing', ['acquire'], ['election:x']));
    expect(some.allowsAnything(BILLING, 'acquire')).to.equal(true);
    expect(some.allowsAnything(BILLING, 'read')).to.equal(false);
    expect(some.allowsAnything(ANONYMOUS, 'acquire')).to.equal(false);
  });

  it('tell the most exact of the rules that allow', () => {
    const wide = rule('allow', 'billing', '*', ['*'], 1);
    const narrow = rule('allow', 'billing', ['read'], ['lock:shop/*'], 2);
    const exact = rule('allow', 'billing', ['read'], ['lock:shop/a'], 3);
    const some = rules(wide, exact, narrow);
    expect(some.decide(BILLING, 'read', lock('shop/a')).rule).to.equal(exact);
    expect(some.decide(BILLING, 'read', lock('shop/b')).rule).to.equal(narrow);
    expect(some.decide(BILLING, 'read', lock('b')).rule).to.equal(wide);
  });

  it('decide as a look at every rule would, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 12 }),
        anyPrincipal,
        anyVerb,
        anyTarget,
        (all, who, verb, target) => {
          const decision = rules(...all).decide(who, verb, target);
          expect(decision.allowed).to.equal(plainly(all, who, verb, target));
          const backwards = rules(...all.toReversed()).decide(who, verb, target);
          expect(backwards.allowed).to.equal(decision.allowed);
          expect(decision.rule === undefined || all.includes(decision.rule)).to.equal(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('allow a prefix only if they allow every name that begins with it', () => {
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 12 }),
        anyPrincipal,
        anyVerb,
        anyText,
        anyText,
        (all, who, verb, prefix, rest) => {
          const some = rules(...all);
          if (!some.decide(who, verb, locks(prefix)).allowed) return;
          expect(some.decide(who, verb, lock(prefix + rest)).allowed).to.equal(true);
          expect(some.decide(who, verb, locks(prefix + rest)).allowed).to.equal(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('take no longer with a hundred rules than with one', () => {
    const hundred = Array.from({ length: 100 }, (_, n) =>
      rule('allow', `team${n % 10} billing`, ['acquire', 'read'], [`lock:team${n}/*`], n),
    );
    const many = rules(...hundred, rule('deny', 'billing', ['forceRelease'], ['lock:*']));
    const names = Array.from({ length: 1000 }, (_, n) => lock(`team${n % 100}/lock-${n}`));
    const startNs = process.hrtime.bigint();
    let allowed = 0;
    for (let round = 0; round < 100; round++) {
      for (const target of names) if (many.decide(BILLING, 'acquire', target).allowed) allowed++;
    }
    const microseconds = Number(process.hrtime.bigint() - startNs) / 1000;
    expect(allowed).to.equal(100_000);
    // 0.1 to 0.2 µs each.
    expect(microseconds / 100_000).to.be.below(5);
  });
});

/** The meaning of rules, as they are written. */
function plainly(all: readonly Rule[], who: Principal, verb: Verb, target: Target): boolean {
  const isIts = ({ to }: Rule): boolean =>
    to.some((name) => [who.id, ...who.groups].includes(name));
  if (!applies(verb, target.kind)) return false;
  const about = (
    effect: Rule['effect'],
    verbs: readonly Verb[],
    fits: (its: Pattern) => boolean,
  ): boolean =>
    all.some(
      (each) =>
        isIts(each) &&
        each.effect === effect &&
        verbs.some((its) => each.verbs === '*' || each.verbs.includes(its)) &&
        each.on.some((written) => {
          const its = patternFor(written, who.id, effect);
          return its !== undefined && (its.kind ?? target.kind) === target.kind && fits(its);
        }),
    );
  const covers = ({ text, isPrefix }: Pattern): boolean =>
    isPrefix ? target.name.startsWith(text) : target.isPrefix !== true && target.name === text;
  const touches = (its: Pattern): boolean =>
    covers(its) || (target.isPrefix === true && its.text.startsWith(target.name));
  // What may not be read is not listed either.
  const denied: readonly Verb[] = verb === 'listAll' ? [verb, 'read'] : [verb];
  return about('allow', [verb], covers) && !about('deny', denied, touches);
}

/** Few and short, so that they meet. */
const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é'), maxLength: 4 });
const anyPrincipal = fc
  .record({ id: fc.constantFrom('a', 'b', 'a/b'), groups: fc.subarray(['g', 'h']) })
  .map(({ id, groups }) => principal(id, groups));
const anyVerb = fc.constantFrom(...VERBS);
const anyKind = fc.constantFrom(...KINDS.slice(0, 3));
const anyTarget: fc.Arbitrary<Target> = fc.record({
  kind: anyKind,
  name: anyText,
  isPrefix: fc.boolean(),
});
const anyPattern = fc
  .tuple(fc.option(anyKind), anyText, fc.constantFrom('', '{principal}'), fc.boolean())
  .map(([kind, text, placeholder, isPrefix]): Pattern =>
    kind === null
      ? { kind: undefined, text: '', isPrefix: true }
      : { kind, text: text + placeholder, isPrefix },
  );
const anyRule: fc.Arbitrary<Rule> = fc.record({
  to: fc.subarray(['a', 'b', 'a/b', 'g', 'h'], { minLength: 1 }),
  effect: fc.constantFrom('allow', 'allow', 'deny'),
  verbs: fc.oneof(fc.constant('*' as const), fc.subarray([...VERBS], { minLength: 1 })),
  on: fc.array(anyPattern, { minLength: 1, maxLength: 3 }),
  line: fc.nat(),
});
