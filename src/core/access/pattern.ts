import { suggest } from '../nearest.js';
import { isKind, isNameless, KINDS, type Kind } from './vocabulary.js';

/** What a rule is about: one name of a kind, or all that begin with a text. */
export interface Pattern {
  /** Undefined: all kinds, and then all names. */
  readonly kind: Kind | undefined;
  /** The name, or what it begins with. Well-formed; compared as it is, case and all. */
  readonly text: string;
  readonly isPrefix: boolean;
}

/** In a pattern it stands for the id of the caller. */
const PLACEHOLDER = '{principal}';

const MAX_LENGTH = 4096;

/**
 * Reads `kind:name`, `kind:prefix*`, `*`; of kinds without names the kind alone.
 * @returns the pattern, or a sentence that says what is wrong and what would be right.
 */
export function parsePattern(source: string): Pattern | string {
  if (source === '*') return { kind: undefined, text: '', isPrefix: true };
  if (source.length > MAX_LENGTH) return `a pattern has at most ${MAX_LENGTH} characters`;
  if (!source.isWellFormed()) return 'a pattern has a lone surrogate, which is no character';
  const colon = source.indexOf(':');
  const kind = colon < 0 ? source : source.slice(0, colon);
  if (!isKind(kind)) {
    return `there is no kind ${JSON.stringify(kind)}${suggest(kind, KINDS)}: write one of ${KINDS.join(', ')}, then \`:\` and a name`;
  }
  if (isNameless(kind)) {
    return colon < 0
      ? { kind, text: '', isPrefix: true }
      : `rules can't tell what is of the kind ${kind} apart by name: write \`${kind}\` alone`;
  }
  if (colon < 0) return `write \`${kind}:*\` for all of the kind, or \`${kind}:\` and a name`;
  return namePattern(kind, source.slice(colon + 1));
}

function namePattern(kind: Kind, name: string): Pattern | string {
  const isPrefix = name.endsWith('*');
  const text = isPrefix ? name.slice(0, -1) : name;
  if (name === '') return `write \`${kind}:*\` for all of the kind, or \`${kind}:\` and a name`;
  if (text.includes('*')) return '`*` stands for what follows, so only the end of a pattern has it';
  const rest = text.replaceAll(PLACEHOLDER, '');
  if (/[{}]/.test(rest)) {
    return `braces are only for \`${PLACEHOLDER}\`: end the pattern with \`*\` before a brace of a name`;
  }
  return { kind, text, isPrefix };
}

/** As it is written in a policy. */
export function showPattern({ kind, text, isPrefix }: Pattern): string {
  if (kind === undefined) return '*';
  return isNameless(kind) ? kind : `${kind}:${text}${isPrefix ? '*' : ''}`;
}

/**
 * The pattern for one caller. An id with `/` or `*`, or, where a namespace may have it for a `/`, `%`, would reach into the names of others: to
 * such a caller it allows nothing (undefined), and denies all that it could be about.
 */
export function patternFor(
  pattern: Pattern,
  principalId: string,
  effect: 'allow' | 'deny',
): Pattern | undefined {
  const at = pattern.text.indexOf(PLACEHOLDER);
  if (at < 0) return pattern;
  const unsafe = pattern.kind === 'config' ? /[/*%]/ : /[/*]/;
  if (unsafe.test(principalId)) {
    return effect === 'allow'
      ? undefined
      : { ...pattern, text: pattern.text.slice(0, at), isPrefix: true };
  }
  // A function, since `$&` in a text would be read.
  return { ...pattern, text: pattern.text.replaceAll(PLACEHOLDER, () => principalId) };
}
