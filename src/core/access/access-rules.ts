import { patternFor, type Pattern } from './pattern.js';
import type { Policy, Rule } from './policy.js';
import type { Principal } from './principal.js';
import { RuleIndex, type Target } from './rule-index.js';
import { KINDS, VERBS_OF, type Verb } from './vocabulary.js';

export interface Decision {
  readonly allowed: boolean;
  /** The rule that decides: the one that says most exactly what it is about. Undefined: none allows it. */
  readonly rule: Rule | undefined;
}

/** What the rules say to one principal. */
interface Rights {
  readonly allow: RuleIndex;
  readonly deny: RuleIndex;
}

/** So many principals have their rights at hand; those of others are put together again when they ask. */
const MAX_PRINCIPALS = 1000;

const REFUSED: Decision = { allowed: false, rule: undefined };

/** Decides by the rules of a policy. What a principal may do is put together once, so that a question looks at no rule that is not its own. */
export class AccessRules {
  readonly #policy: Pick<Policy, 'rules'>;
  readonly #rights = new Map<string, Rights>();

  constructor(policy: Pick<Policy, 'rules'>) {
    this.#policy = policy;
  }

  /**
   * Whether the principal may do that. A prefix is allowed if one rule allows all of it, and denied if a rule denies anything of it; a list of
   * everything also if some of it may not be read. Depends on nothing but the policy and the arguments.
   */
  decide(principal: Principal, verb: Verb, target: Target): Decision {
    const { allow, deny } = this.#rightsOf(principal);
    const denying =
      deny.touching(verb, target) ??
      (verb === 'listAll' ? deny.touching('read', target) : undefined);
    if (denying !== undefined) return { allowed: false, rule: denying };
    const allowing = allow.covering(verb, target);
    return allowing === undefined ? REFUSED : { allowed: true, rule: allowing };
  }

  /** Whether a rule allows the verb for anything at all, denied or not. */
  allowsAnything(principal: Principal, verb: Verb): boolean {
    return this.#rightsOf(principal).allow.knows(verb);
  }

  #rightsOf(principal: Principal): Rights {
    const key = keyOf(principal);
    const known = this.#rights.get(key);
    if (known !== undefined) return known;
    if (this.#rights.size >= MAX_PRINCIPALS) this.#rights.clear();
    const rights = this.#compile(principal);
    this.#rights.set(key, rights);
    return rights;
  }

  #compile({ id, groups }: Principal): Rights {
    const names = new Set([id, ...groups]);
    const rights: Rights = { allow: new RuleIndex(), deny: new RuleIndex() };
    for (const rule of this.#policy.rules) {
      if (!rule.to.some((name) => names.has(name))) continue;
      for (const pattern of rule.on) {
        const its = patternFor(pattern, id, rule.effect);
        if (its !== undefined) addTo(rights[rule.effect], rule, its);
      }
    }
    return rights;
  }
}

function addTo(index: RuleIndex, rule: Rule, pattern: Pattern): void {
  for (const kind of pattern.kind === undefined ? KINDS : [pattern.kind]) {
    const verbs: readonly Verb[] = VERBS_OF[kind];
    for (const verb of verbs) {
      if (rule.verbs === '*' || rule.verbs.includes(verb)) index.add(verb, kind, pattern, rule);
    }
  }
}

/** A group's name has no line feed, an id may have any character: so it comes last. */
function keyOf({ id, groups }: Principal): string {
  return groups.length === 0 ? id : `${groups.join('\n')}\n\n${id}`;
}
