import { showPattern, type Pattern } from './pattern.js';
import type { Policy, Rule } from './policy.js';
import { ANONYMOUS_ID } from './principal.js';
import { isNameless } from './vocabulary.js';

/** Something that may not be meant so. */
export interface Doubt {
  /** Of the policy file, from 1. */
  readonly line: number;
  readonly message: string;
}

/** What a reader of a policy that can be used should look at again, in the order of its lines. */
export function lintPolicy(policy: Policy): Doubt[] {
  return [
    ...principalDoubts(policy),
    ...policy.rules.flatMap((rule) => [...patternDoubts(rule), ...anonymousDoubts(rule)]),
    ...policy.rules.flatMap((rule) => deniedDoubts(rule, policy)),
  ].sort((a, b) => a.line - b.line);
}

/** Ids of the first policy that nobody has by the other one: what is theirs would be nobody's to use. */
export function lostIds(before: Policy, after: Policy): string[] {
  const kept = new Set(after.principals.flatMap(({ name, aliases }) => [name, ...aliases]));
  return before.principals.map(({ name }) => name).filter((name) => !kept.has(name));
}

/** What is lost by the second policy in place of the first. */
export function lostDoubts(before: Policy, after: Policy): Doubt[] {
  return lostIds(before, after).map((name) => ({
    line: 1,
    message: `${name} is gone, and nobody may renew its leases: if it has another name now, give that one \`aliases: [${name}]\``,
  }));
}

function principalDoubts({ principals, rules }: Policy): Doubt[] {
  const used = new Set(rules.flatMap(({ to }) => to));
  return principals.flatMap(({ name, matches, line }) => [
    ...(used.has(name) ? [] : [{ line, message: `no rule is about ${name}: it may do nothing` }]),
    ...matches.flatMap((match) =>
      match.by !== 'unix' && match.value === '*'
        ? [
            {
              line,
              message: `${name} is everybody with a ${match.by}: all of them are one principal`,
            },
          ]
        : [],
    ),
  ]);
}

function patternDoubts({ on, line }: Rule): Doubt[] {
  return on.flatMap((pattern) => {
    const { kind, text, isPrefix } = pattern;
    const isNamed = kind !== undefined && !isNameless(kind);
    if (isNamed && isPrefix && /[\p{L}\p{N}]$/u.test(text)) {
      const message = `${showPattern(pattern)} is also about ${kind}:${text}x and ${kind}:${text}/x: is \`/*\` meant?`;
      return [{ line, message }];
    }
    if (kind === 'config' && !text.includes('/') && !isPrefix) {
      return [
        { line, message: `${showPattern(pattern)} names no document: write config:namespace/name` },
      ];
    }
    return [];
  });
}

function anonymousDoubts({ to, effect, verbs, on, line }: Rule): Doubt[] {
  if (effect === 'deny' || !to.includes(ANONYMOUS_ID)) return [];
  const changes =
    verbs === '*' ||
    verbs.some((verb) => !['read', 'watch', 'metrics', 'openapi', 'reflect'].includes(verb));
  if (!changes) return [];
  return [
    {
      line,
      message: `anybody who reaches the daemon may do this to ${on.map(showPattern).join(', ')}`,
    },
  ];
}

/** A permission of which nothing is left. */
function deniedDoubts(rule: Rule, { rules }: Policy): Doubt[] {
  if (rule.effect === 'deny') return [];
  const denial = rules.find((other) => other.effect === 'deny' && covers(other, rule));
  if (denial === undefined) return [];
  return [{ line: rule.line, message: `the rule of line ${denial.line} denies all of it` }];
}

function covers(denial: Rule, rule: Rule): boolean {
  const verbs = denial.verbs;
  const everyVerb =
    verbs === '*' || (rule.verbs !== '*' && rule.verbs.every((verb) => verbs.includes(verb)));
  return (
    everyVerb &&
    rule.to.every((name) => denial.to.includes(name)) &&
    rule.on.every((pattern) => denial.on.some((other) => patternCovers(other, pattern)))
  );
}

function patternCovers(a: Pattern, b: Pattern): boolean {
  if (a.kind === undefined) return true;
  if (a.kind !== b.kind) return false;
  return a.isPrefix ? b.text.startsWith(a.text) : !b.isPrefix && a.text === b.text;
}
