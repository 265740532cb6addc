import { isSeq, type ParsedNode } from 'yaml';
import { parsePattern, showPattern, type Pattern } from '../core/access/pattern.js';
import type { Match, NamedPrincipal, Policy, Rule } from '../core/access/policy.js';
import { ANONYMOUS_ID } from '../core/access/principal.js';
import { applies, isVerb, KINDS, VERBS, type Verb } from '../core/access/vocabulary.js';
import type { Quota } from '../core/access/quota.js';
import { suggest } from '../core/nearest.js';
import { readQuotas } from './read-quotas.js';
import { readSpace } from './read-space.js';
import { isTooDeep, YamlTree, type Problem } from './yaml-tree.js';

/** A policy that can't be used. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  /** One at least, in the order of their lines. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

/** Some 5,000 rules; to read so many takes about a second. */
const MAX_CHARACTERS = 256 * 1024;

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;

/**
 * Reads a policy, of YAML or JSON, of 262,144 characters at most. What it does not know it refuses: a word that is left out of a policy
 * could be the one that protects.
 * @throws PolicyError
 */
export function readPolicy(text: string): Policy {
  if (text.length > MAX_CHARACTERS) {
    throw new PolicyError([
      { line: 1, message: `a policy has at most ${MAX_CHARACTERS} characters` },
    ]);
  }
  if (isTooDeep(text)) throw new PolicyError([{ line: 1, message: 'it is nested too deeply' }]);
  return new PolicyReader(new YamlTree(text)).read();
}

class PolicyReader {
  readonly #tree: YamlTree;
  readonly #principals = new Map<string, NamedPrincipal>();
  /** By what they match, for those that may be there once only. */
  readonly #matched = new Map<string, string>();
  readonly #aliased = new Map<string, { readonly name: string; readonly node: ParsedNode }>();

  constructor(tree: YamlTree) {
    this.#tree = tree;
  }

  read(): Policy {
    const tree = this.#tree;
    // After an error of YAML itself the rest would be guessed.
    if (tree.problems.length > 0) throw new PolicyError(tree.problems);
    const members = tree.members(tree.root, 'a policy', [
      'version',
      'principals',
      'rules',
      'quotas',
      'space',
    ]);
    const version = members.get('version') ?? null;
    if (tree.value(version) !== 1) tree.problem(version ?? tree.root, 'version must be 1');
    const all = (name: string): readonly ParsedNode[] =>
      members.has(name) ? tree.entries(members.get(name) ?? null, name) : [];
    for (const entry of all('principals')) this.#readPrincipal(entry);
    this.#checkAliases();
    const rules = all('rules').flatMap((entry) => this.#rule(entry));
    const quotas = members.has('quotas')
      ? readQuotas(tree, members.get('quotas') ?? null, [...this.#principals.keys()])
      : new Map<string, Quota>();
    const space = members.has('space') ? readSpace(tree, members.get('space') ?? null) : [];
    if (tree.problems.length > 0) {
      throw new PolicyError([...tree.problems].sort((a, b) => a.line - b.line));
    }
    return { principals: [...this.#principals.values()], rules, quotas, space };
  }

  #readPrincipal(node: ParsedNode): void {
    const tree = this.#tree;
    const members = tree.members(node, 'a principal', ['name', 'match', 'aliases']);
    const nameNode = members.get('name') ?? null;
    const name = tree.text(nameNode ?? node, "a principal's name");
    if (name === undefined) return;
    if (!NAME.test(name)) {
      const rule =
        'a name has 1 to 64 letters, digits, `.`, `_` and `-`, and begins and ends with a letter or digit';
      tree.problem(nameNode, `${JSON.stringify(name)} can't be a name: ${rule}`);
      return;
    }
    if (name === ANONYMOUS_ID) {
      tree.problem(nameNode, 'anonymous is who shows nothing: a principal needs another name');
      return;
    }
    if (this.#principals.has(name)) {
      tree.problem(nameNode, `${name} is there twice: give all matches to one, as a list`);
      return;
    }
    const match = members.get('match');
    const matches = match === undefined ? [] : this.#matches(match, name);
    const aliases = members.has('aliases')
      ? this.#aliases(members.get('aliases') ?? null, name)
      : [];
    this.#principals.set(name, { name, matches, aliases, line: tree.lineOf(node) });
  }

  #aliases(node: ParsedNode | null, name: string): string[] {
    return this.#tree.texts(node, 'aliases').flatMap(([alias, at]) => {
      const other = this.#aliased.get(alias);
      if (other !== undefined) {
        return this.#tree.problem(at, `${other.name} had this id too: it can be one only`);
      }
      this.#aliased.set(alias, { name, node: at });
      return [alias];
    });
  }

  /** One who has an id has what is its own, so nobody else may have had it. */
  #checkAliases(): void {
    for (const [alias, { name, node }] of this.#aliased) {
      if (alias === ANONYMOUS_ID) this.#tree.problem(node, "what anonymous makes is nobody's");
      else if (this.#principals.has(alias)) {
        this.#tree.problem(node, `${alias} is a principal: ${name} can't have had its id`);
      }
    }
  }

  #matches(node: ParsedNode | null, name: string): Match[] {
    const entries = isSeq(node) ? this.#tree.entries(node, 'match') : [node];
    return entries.flatMap((entry) => this.#match(entry, name));
  }

  #match(node: ParsedNode | null, name: string): Match[] {
    const tree = this.#tree;
    const members = [
      ...tree.members(node, 'match', ['jwt', 'jwtGroup', 'san', 'tokenSha256', 'unix']),
    ];
    const [only, ...more] = members;
    if (only === undefined || more.length > 0) {
      const hint = 'several that will do go into a list: [{…}, {…}]';
      return tree.problem(node, `match must have one member; ${hint}`);
    }
    const matches = this.#matchBy(...only);
    const [match] = matches;
    if (match === undefined || match.by === 'jwtGroup') return matches;
    const key = `${match.by} ${match.by === 'unix' ? '' : match.value}`;
    const other = this.#matched.get(key);
    if (other !== undefined)
      return tree.problem(node, `${other} matches the same: it can be one only`);
    this.#matched.set(key, name);
    return matches;
  }

  #matchBy(by: string, node: ParsedNode | null): Match[] {
    const tree = this.#tree;
    if (by === 'unix') {
      return tree.value(node) === true ? [{ by }] : tree.problem(node, 'unix must be true');
    }
    const value = tree.text(node, by);
    if (value === undefined) return [];
    switch (by) {
      case 'tokenSha256':
        if (/^[0-9a-f]{64}$/i.test(value)) return [{ by, value: value.toLowerCase() }];
        return tree.problem(
          node,
          'tokenSha256 must be the SHA-256 of the token, 64 hexadecimal digits',
        );
      case 'jwtGroup':
        if (value !== '' && !value.includes('*')) return [{ by, value }];
        return tree.problem(node, 'jwtGroup must be one group, without `*`');
      case 'jwt':
      case 'san':
        if (value !== '' && !value.slice(0, -1).includes('*')) return [{ by, value }];
        return tree.problem(node, `${by} must be a text, with \`*\` at its end only`);
    }
    return [];
  }

  #rule(node: ParsedNode): Rule[] {
    const tree = this.#tree;
    const members = tree.members(node, 'a rule', ['to', 'allow', 'deny', 'on']);
    const effects = (['allow', 'deny'] as const).filter((effect) => members.has(effect));
    const [effect, both] = effects;
    if (effect === undefined || both !== undefined) {
      return tree.problem(node, 'a rule must have either allow or deny');
    }
    const of = (name: string): readonly (readonly [string, ParsedNode])[] =>
      tree.texts(members.get(name) ?? node, name);
    const to = of('to').map(([name, at]) => this.#known(name, at));
    const verbs = this.#verbs(of(effect));
    const on = of('on').flatMap(([source, at]) => this.#pattern(source, at));
    this.#checkMeaning(node, verbs, on);
    return [{ to, effect, verbs, on, line: tree.lineOf(node) }];
  }

  #known(name: string, node: ParsedNode): string {
    if (name !== ANONYMOUS_ID && !this.#principals.has(name)) {
      const known = [...this.#principals.keys(), ANONYMOUS_ID];
      this.#tree.problem(
        node,
        `${JSON.stringify(name)} is not among principals${suggest(name, known)}: name it there, or write anonymous`,
      );
    }
    return name;
  }

  #verbs(texts: readonly (readonly [string, ParsedNode])[]): readonly Verb[] | '*' {
    if (texts.some(([text]) => text === '*')) {
      if (texts.length > 1)
        this.#tree.problem(texts[0]?.[1] ?? null, '`*` is all verbs: leave the others out');
      return '*';
    }
    return texts.flatMap(([text, node]) => {
      if (isVerb(text)) return [text];
      const what =
        text === 'health'
          ? 'health needs no rule: leave it out'
          : `there is no verb ${JSON.stringify(text)}${suggest(text, VERBS)}: write some of ${VERBS.join(', ')}, or \`*\` alone`;
      this.#tree.problem(node, what);
      return [];
    });
  }

  #pattern(source: string, node: ParsedNode): Pattern[] {
    const pattern = parsePattern(source);
    return typeof pattern === 'string' ? this.#tree.problem(node, pattern) : [pattern];
  }

  /** A verb or a pattern that does nothing is taken for one that does. */
  #checkMeaning(node: ParsedNode, verbs: readonly Verb[] | '*', on: readonly Pattern[]): void {
    if (verbs === '*') return;
    const mean = (verb: Verb, { kind }: Pattern): boolean =>
      kind === undefined || applies(verb, kind);
    for (const verb of verbs) {
      if (on.length === 0 || on.some((pattern) => mean(verb, pattern))) continue;
      const kinds = KINDS.filter((kind) => applies(verb, kind)).join(', ');
      this.#tree.problem(node, `${verb} means something for ${kinds}, none of which is in \`on\``);
    }
    for (const pattern of on) {
      if (verbs.length === 0 || verbs.some((verb) => mean(verb, pattern))) continue;
      this.#tree.problem(
        node,
        `none of ${verbs.join(', ')} means something for ${showPattern(pattern)}`,
      );
    }
  }
}
