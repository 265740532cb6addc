import type { Pattern } from './pattern.js';
import type { Rule } from './policy.js';
import type { Kind, Verb } from './vocabulary.js';

/** What is asked about: one name, or all names with a prefix. */
export interface Target {
  readonly kind: Kind;
  /** Empty for kinds without names. */
  readonly name: string;
  /** True: `name` is what all names in question begin with. */
  readonly isPrefix?: boolean;
}

/** Rules by what they are about. To find those for a name takes as many looks as there are different lengths of prefixes. */
export class RuleIndex {
  readonly #names = new Map<Verb, Map<Kind, Names>>();

  /** Of two rules with one pattern the first is kept: they say the same. */
  add(verb: Verb, kind: Kind, pattern: Pattern, rule: Rule): void {
    const kinds = this.#names.get(verb) ?? new Map<Kind, Names>();
    this.#names.set(verb, kinds);
    const names = kinds.get(kind) ?? new Names();
    kinds.set(kind, names);
    names.add(pattern, rule);
  }

  knows(verb: Verb): boolean {
    return this.#names.has(verb);
  }

  /** A rule about all of the target; of several the most exact one. */
  covering(verb: Verb, { kind, name, isPrefix = false }: Target): Rule | undefined {
    const names = this.#names.get(verb)?.get(kind);
    if (names === undefined) return undefined;
    return (isPrefix ? undefined : names.exact(name)) ?? names.longestPrefixOf(name);
  }

  /** A rule about some of the target. */
  touching(verb: Verb, target: Target): Rule | undefined {
    const covering = this.covering(verb, target);
    if (covering !== undefined || target.isPrefix !== true) return covering;
    return this.#names.get(verb)?.get(target.kind)?.within(target.name);
  }
}

/** The names and prefixes that rules are about, of one verb and kind. */
class Names {
  readonly #exact = new Map<string, Rule>();
  readonly #prefixes = new Map<string, Rule>();
  /** Of the prefixes, the longest first. */
  #lengths: readonly number[] = [];

  add({ text, isPrefix }: Pattern, rule: Rule): void {
    const rules = isPrefix ? this.#prefixes : this.#exact;
    if (rules.has(text)) return;
    rules.set(text, rule);
    if (!isPrefix || this.#lengths.includes(text.length)) return;
    this.#lengths = [...this.#lengths, text.length].sort((a, b) => b - a);
  }

  exact(name: string): Rule | undefined {
    return this.#exact.get(name);
  }

  longestPrefixOf(name: string): Rule | undefined {
    for (const length of this.#lengths) {
      if (length > name.length) continue;
      const rule = this.#prefixes.get(name.slice(0, length));
      if (rule !== undefined) return rule;
    }
    return undefined;
  }

  /** A rule about something that begins with the text. Looks at all: lists and watches are begun seldom, and denials are few. */
  within(text: string): Rule | undefined {
    for (const rules of [this.#exact, this.#prefixes]) {
      for (const [name, rule] of rules) if (name.startsWith(text)) return rule;
    }
    return undefined;
  }
}
