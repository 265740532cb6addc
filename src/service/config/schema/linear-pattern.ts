/**
 * Spells a pattern of ECMAScript for RE2, which matches in linear time. Groups capture nothing: it is only asked whether there
 * is a match. Both are read strictly: what is not known to mean the same in both has no translation.
 */

/** ECMAScript's `\s`, and all that is not in it, as RE2 writes the inside of a class. */
const SPACE =
  '\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';
const NOT_SPACE =
  '\\x00-\\x08\\x0e-\\x1f!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}' +
  '\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}';

const NOT_LINE_END = '[^\\n\\r\\x{2028}\\x{2029}]';

/** Escapes that stand for a set, as the inside of a class. */
const SETS: Readonly<Record<string, string>> = {
  d: '\\d',
  D: '\\D',
  w: '\\w',
  W: '\\W',
  s: SPACE,
  S: NOT_SPACE,
};

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** Begins a part that RE2 has not, or in which a mistake would go unnoticed: a look-around, a back reference, … */
class Untranslatable extends Error {}

/** @returns undefined if it has no translation. The pattern must be one of ECMAScript's, in unicode mode or not. */
export function linearPattern(pattern: string): string | undefined {
  try {
    return new Translation(pattern).whole();
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}

/** One sign of a class: a character, or a set. */
type ClassItem = number | string;

class Translation {
  readonly #signs: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#signs = Array.from(pattern);
  }

  whole(): string {
    let text = '';
    while (this.#at < this.#signs.length) text += this.#term();
    return text;
  }

  #term(): string {
    const sign = this.#next();
    switch (sign) {
      case '.':
        return NOT_LINE_END;
      case '^':
        return '\\A';
      case '$':
        return '\\z';
      case '|':
      case ')':
        return sign;
      case '*':
      case '+':
      case '?':
        return sign + this.#lazy();
      case '{':
        return this.#counted();
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      default:
        return literal(sign);
    }
  }

  /** Whether a match is there does not depend on it. */
  #lazy(): string {
    if (this.#signs[this.#at] === '?') this.#at++;
    return '';
  }

  #counted(): string {
    const [all] = /^[0-9]{1,4}(?:,[0-9]{0,4})?\}/.exec(this.#ahead(10)) ?? [];
    if (all === undefined) throw new Untranslatable();
    this.#at += all.length;
    return `{${all}${this.#lazy()}`;
  }

  #group(): string {
    if (this.#signs[this.#at] !== '?') return '(?:';
    const [opening] = /^\?(?::|<[A-Za-z_][A-Za-z0-9_]{0,60}>)/.exec(this.#ahead(64)) ?? [];
    if (opening === undefined) throw new Untranslatable();
    this.#at += opening.length;
    return '(?:';
  }

  #escape(): string {
    const letter = this.#signs[this.#at] ?? '';
    if (letter === 'b' || letter === 'B') {
      this.#at++;
      return `\\${letter}`;
    }
    const item = this.#escaped();
    return typeof item === 'number' ? hex(item) : `[${item}]`;
  }

  /** What follows a backslash, in a class or not. */
  #escaped(): ClassItem {
    const letter = this.#next();
    const set = SETS[letter];
    if (set !== undefined) return set;
    const control = CONTROLS[letter];
    if (control !== undefined) return control;
    if (letter === 'x') return this.#hexDigits(/^[0-9A-Fa-f]{2}/);
    if (letter === 'u') return this.#unicode();
    if (letter === 'p' || letter === 'P') return this.#property(letter);
    if (/[A-Za-z0-9]/.test(letter)) throw new Untranslatable();
    return codeOf(letter);
  }

  #unicode(): number {
    const [braced, digits] = /^\{([0-9A-Fa-f]{1,6})\}/.exec(this.#ahead(8)) ?? [];
    if (braced === undefined) {
      const unit = this.#hexDigits(/^[0-9A-Fa-f]{4}/);
      // The half of a character.
      if (unit >= 0xd800 && unit < 0xe000) throw new Untranslatable();
      return unit;
    }
    this.#at += braced.length;
    return Number.parseInt(digits ?? '', 16);
  }

  #property(letter: string): string {
    const [braced, , name] =
      /^\{(Script=|sc=)?([A-Z][A-Za-z_]{0,30})\}/.exec(this.#ahead(40)) ?? [];
    if (braced === undefined || name === undefined) throw new Untranslatable();
    this.#at += braced.length;
    return `\\${letter}{${name}}`;
  }

  #hexDigits(expression: RegExp): number {
    const [digits] = expression.exec(this.#ahead(4)) ?? [];
    if (digits === undefined) throw new Untranslatable();
    this.#at += digits.length;
    return Number.parseInt(digits, 16);
  }

  #class(): string {
    const isNegated = this.#signs[this.#at] === '^';
    if (isNegated) this.#at++;
    let inside = '';
    while (this.#signs[this.#at] !== ']') inside += this.#range();
    this.#at++;
    // `[]` matches nothing, `[^]` everything.
    if (inside === '') return isNegated ? '[\\x00-\\x{10ffff}]' : '[^\\x00-\\x{10ffff}]';
    return `[${isNegated ? '^' : ''}${inside}]`;
  }

  #range(): string {
    const from = this.#classItem();
    const isRange = this.#signs[this.#at] === '-' && this.#signs[this.#at + 1] !== ']';
    if (!isRange) return inClass(from);
    this.#at++;
    const to = this.#classItem();
    // With a set on one side, the hyphen is one: outside of unicode mode.
    if (typeof from === 'number' && typeof to === 'number') return `${hex(from)}-${hex(to)}`;
    return inClass(from) + hex(codeOf('-')) + inClass(to);
  }

  #classItem(): ClassItem {
    const sign = this.#next();
    if (sign !== '\\') return codeOf(sign);
    if (this.#signs[this.#at] !== 'b') return this.#escaped();
    this.#at++;
    return 8;
  }

  #next(): string {
    const sign = this.#signs[this.#at++];
    if (sign === undefined) throw new Untranslatable();
    return sign;
  }

  #ahead(count: number): string {
    return this.#signs.slice(this.#at, this.#at + count).join('');
  }
}

function literal(sign: string): string {
  return /[A-Za-z0-9]/.test(sign) ? sign : hex(codeOf(sign));
}

function inClass(item: ClassItem): string {
  return typeof item === 'number' ? hex(item) : item;
}

function hex(code: number): string {
  return `\\x{${code.toString(16)}}`;
}

function codeOf(sign: string): number {
  const code = sign.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code < 0xe000) throw new Untranslatable();
  return code;
}
