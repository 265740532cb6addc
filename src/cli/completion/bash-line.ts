/** A command line as far as it is written, as bash reads it. */
export interface BashLine {
  /** Without quotes and backslashes; the last one is being written, and may be empty. */
  readonly words: readonly string[];
  /**
   * What bash is to put in place of what it takes for the word that is being written: that begins after an open quote, or after the
   * last character that breaks words, such as a colon. Undefined for a text that has no spelling there.
   */
  readonly spelled: (whole: string) => string | undefined;
}

type Quote = '' | "'" | '"';

/**
 * Never runs or expands anything.
 * @param breaks COMP_WORDBREAKS.
 * @returns undefined where only a shell can tell what a word is, as with variables, and for quotes in the middle of the last word.
 */
export function readBashLine(line: string, breaks: string): BashLine | undefined {
  const reader = new Reader(breaks);
  // A backslash goes with what is behind it.
  for (const [part] of line.matchAll(/\\?[^]|\\$/gu)) {
    if (isExpanded(part, reader.quote)) return undefined;
    if (reader.quote === '') reader.plain(part);
    else reader.quoted(part);
  }
  return reader.end();
}

class Reader {
  /** The one that is open. */
  quote: Quote = '';
  readonly #breaks: string;
  #words: string[] = [];
  /** Undefined: between words. */
  #text: string | undefined;
  /** How much of the text is before the part that bash completes. */
  #done = 0;
  /** Whether the word has a quote where none can be gone on from. */
  #isMixed = false;

  constructor(breaks: string) {
    this.#breaks = breaks;
  }

  quoted(part: string): void {
    if (part === this.quote) {
      this.quote = '';
      this.#isMixed = true;
    } else if (part === `\\${this.quote}` && this.quote === "'") {
      // A backslash means nothing there.
      this.#add('\\');
      this.quoted(this.quote);
    } else this.#add(this.quote === '"' ? part.replace(/^\\(["\\$`])$/, '$1') : part);
  }

  plain(part: string): void {
    if (part === "'" || part === '"') {
      this.quote = part;
      this.#isMixed ||= this.#text !== undefined;
      this.#add('');
    } else if (/^[ \t]$/.test(part)) {
      if (this.#text !== undefined) this.#words.push(this.#text);
      this.#begin();
    } else if (/^[;|&()\n]$/.test(part)) {
      this.#words = [];
      this.#begin();
    } else {
      this.#add(part.replace(/^\\/, ''));
      if (this.#breaks.includes(part)) this.#done = this.#text?.length ?? 0;
    }
  }

  end(): BashLine | undefined {
    if (this.#isMixed) return undefined;
    const spell = SPELLINGS[this.quote];
    const done = this.#done;
    return {
      words: [...this.#words, this.#text ?? ''],
      spelled: (whole) => spell(whole.slice(done)),
    };
  }

  #begin(): void {
    this.#text = undefined;
    this.#done = 0;
    this.#isMixed = false;
  }

  #add(text: string): void {
    this.#text = (this.#text ?? '') + text;
  }
}

function isExpanded(part: string, quote: Quote): boolean {
  return quote !== "'" && (part === '$' || part === '`');
}

const SPELLINGS: Readonly<Record<Quote, (text: string) => string | undefined>> = {
  '': (text) => text.replace(/[^\w\-./:=@%+,\u0080-\u{10ffff}]/gu, '\\$&'),
  "'": (text) => (text.includes("'") ? undefined : text),
  '"': (text) => (/["$`\\!]/.test(text) ? undefined : text),
};
