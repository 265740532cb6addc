import { Fault } from '../errors.js';
import { JsonNumber } from './value.js';
import type { JsonValue } from './value.js';
import {
  BACKSLASH,
  CARRIAGE_RETURN,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DOT,
  LINE_FEED,
  LOWER_CASE,
  LOWER_E,
  MINUS,
  NUMBER_UNITS,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  QUOTE,
  SPACE,
  TAB,
  ZERO,
  isDigit,
} from './units.js';

/** Deeper than this nobody nests on purpose. */
export const MAX_JSON_DEPTH = 100;

/** Longer numbers are refused: nobody computes with them, and to compare them takes as long as they are. */
export const MAX_NUMBER_LENGTH = 1000;

/** Of the body of a request, which is no document of a caller's: the largest messages have a few hundred. */
const MAX_BODY_VALUES = 20_000;

/**
 * Reads the body of a request: one JSON text, as RFC 8259 has it and no more: no byte order mark, no member twice, nothing after
 * the value, at most `MAX_JSON_DEPTH` levels, `MAX_NUMBER_LENGTH` characters a number and 20,000 values. A lone surrogate in an escape is kept: fields refuse it.
 * @throws Fault INVALID_ARGUMENT that says what is wrong, and where by line, column and path.
 */
export function parseJson(bytes: Uint8Array): JsonValue {
  return new Parser(decodeJson(bytes), 'the body', MAX_BODY_VALUES).document();
}

/** The same of a text, with any number of values; `subject` is what messages call it. */
export function parseJsonText(text: string, subject = 'the body'): JsonValue {
  return new Parser(text, subject, Number.POSITIVE_INFINITY).document();
}

/** The text of a body. @throws Fault INVALID_ARGUMENT if it is not UTF-8. */
export function decodeJson(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Fault('INVALID_ARGUMENT', 'the body is not UTF-8', { reason: 'MALFORMED_JSON' });
  }
}

/** Reads each unit of the text once, or a few times: its time is linear, whatever is in it. */
class Parser {
  readonly #text: string;
  readonly #subject: string;
  /** Of each open container, the member or item that is being read. */
  readonly #path: (string | number)[] = [];
  readonly #maxValues: number;
  #values = 0;
  #depth = 0;
  #at = 0;

  constructor(text: string, subject: string, maxValues: number) {
    this.#text = text;
    this.#subject = subject;
    this.#maxValues = maxValues;
  }

  document(): JsonValue {
    if (this.#text.startsWith('\ufeff')) throw this.#fault('a byte order mark is not allowed');
    this.#skipWhitespace();
    const value = this.#value();
    this.#skipWhitespace();
    if (this.#at < this.#text.length) throw this.#fault('nothing may follow the value');
    return value;
  }

  #value(): JsonValue {
    if (++this.#values > this.#maxValues) {
      throw this.#fault(`it has over ${this.#maxValues} values, more than any request needs`);
    }
    switch (this.#code()) {
      case OPEN_BRACE:
        return this.#object();
      case OPEN_BRACKET:
        return this.#array();
      case QUOTE:
        return this.#string();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(): JsonValue {
    const members = new Map<string, JsonValue>();
    const depth = this.#open();
    let isOver = this.#closes(CLOSE_BRACE);
    while (!isOver) {
      const start = this.#at;
      if (this.#code() !== QUOTE) throw this.#fault('a member name in double quotes is expected');
      const name = this.#string();
      if (members.has(name)) {
        this.#at = start;
        throw this.#fault(`the member ${JSON.stringify(name.slice(0, 64))} is there twice`);
      }
      this.#path[depth] = name;
      this.#depth = depth + 1;
      this.#skipWhitespace();
      if (this.#code() !== COLON) throw this.#fault('`:` is expected');
      this.#at++;
      this.#skipWhitespace();
      members.set(name, this.#value());
      this.#depth = depth;
      isOver = this.#endsAfterItem(CLOSE_BRACE, '}');
    }
    return members;
  }

  #array(): JsonValue {
    const depth = this.#open();
    if (this.#closes(CLOSE_BRACKET)) return [];
    // Begun with its first item, it takes no more room than it needs: most lists are short.
    const items = [this.#item(depth, 0)];
    while (!this.#endsAfterItem(CLOSE_BRACKET, ']')) items.push(this.#item(depth, items.length));
    return items;
  }

  #item(depth: number, index: number): JsonValue {
    this.#path[depth] = index;
    this.#depth = depth + 1;
    const value = this.#value();
    this.#depth = depth;
    return value;
  }

  /** @returns how many containers are around this one. */
  #open(): number {
    if (this.#depth >= MAX_JSON_DEPTH) {
      throw this.#fault(`it is nested deeper than ${MAX_JSON_DEPTH} levels`);
    }
    this.#at++;
    this.#skipWhitespace();
    return this.#depth;
  }

  #closes(bracket: number): boolean {
    if (this.#code() !== bracket) return false;
    this.#at++;
    return true;
  }

  #endsAfterItem(bracket: number, spelled: string): boolean {
    this.#skipWhitespace();
    if (this.#closes(bracket)) return true;
    if (this.#code() !== COMMA) throw this.#fault(`\`,\` or \`${spelled}\` is expected`);
    this.#at++;
    this.#skipWhitespace();
    return false;
  }

  #string(): string {
    const start = ++this.#at;
    let hasEscapes = false;
    for (let code = this.#code(); code !== QUOTE; code = this.#code()) {
      if (Number.isNaN(code)) throw this.#fault('a string is not closed');
      if (code < SPACE) throw this.#fault('a control character in a string must be escaped');
      if (code === BACKSLASH) {
        hasEscapes = true;
        this.#skipEscape();
      } else this.#at++;
    }
    this.#at++;
    if (!hasEscapes) return this.#text.slice(start, this.#at - 1);
    return JSON.parse(this.#text.slice(start - 1, this.#at)) as string;
  }

  #skipEscape(): void {
    const letter = this.#text[this.#at + 1] ?? '';
    const isHex = letter === 'u' && /^[0-9a-fA-F]{4}$/.test(this.#ahead(2, 6));
    if (!isHex && !(letter !== '' && '"\\/bfnrt'.includes(letter)))
      throw this.#fault('no such escape');
    this.#at += isHex ? 6 : 2;
  }

  #number(): JsonNumber {
    const start = this.#at;
    if (this.#code() === MINUS) this.#at++;
    const first = this.#code();
    if (!isDigit(first)) throw this.#noValue(start);
    this.#at++;
    if (first !== ZERO) this.#skipDigits();
    if (this.#code() === DOT && isDigit(this.#code(1))) {
      this.#at++;
      this.#skipDigits();
    }
    this.#skipExponent();
    if (NUMBER_UNITS.has(this.#code())) throw this.#fault('no such number');
    if (this.#at - start > MAX_NUMBER_LENGTH) throw this.#tooLong(start);
    return new JsonNumber(this.#text.slice(start, this.#at));
  }

  #noValue(start: number): Fault {
    this.#at = start;
    return this.#fault('a value is expected');
  }

  #tooLong(start: number): Fault {
    const length = this.#at - start;
    this.#at = start;
    return this.#fault(
      `a number has ${length} characters; at most ${MAX_NUMBER_LENGTH} are allowed; write it as a string`,
    );
  }

  #skipExponent(): void {
    if ((this.#code() | LOWER_CASE) !== LOWER_E) return;
    const sign = this.#code(1);
    const digitsAt = sign === MINUS || sign === PLUS ? 2 : 1;
    if (!isDigit(this.#code(digitsAt))) return;
    this.#at += digitsAt;
    this.#skipDigits();
  }

  #skipDigits(): void {
    while (isDigit(this.#code())) this.#at++;
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#fault('a value is expected');
    this.#at += word.length;
    return value;
  }

  #skipWhitespace(): void {
    for (;;) {
      const code = this.#code();
      if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) return;
      this.#at++;
    }
  }

  #code(offset = 0): number {
    return this.#text.charCodeAt(this.#at + offset);
  }

  #ahead(from: number, to: number): string {
    return this.#text.slice(this.#at + from, this.#at + to);
  }

  #fault(what: string): Fault {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    const ended = this.#at >= this.#text.length ? ', where it ends' : '';
    const path = pathText(this.#path.slice(0, this.#depth));
    const within = path === '' ? '' : ` (in ${path})`;
    return new Fault(
      'INVALID_ARGUMENT',
      `${this.#subject} is not JSON at line ${line}, column ${column}${ended}: ${what}${within}`,
      { reason: 'MALFORMED_JSON' },
    );
  }
}

/** `labels.a`, `items[3]`; the outermost few of a deep one. */
function pathText(path: readonly (string | number)[]): string {
  const shown = path.slice(0, 8).map((step) => (typeof step === 'number' ? `[${step}]` : step));
  const text = shown.join('.').replaceAll('.[', '[').slice(0, 200).toWellFormed();
  return path.length > shown.length ? `${text}…` : text;
}
