import { Fault } from '../errors.js';
import { JsonNumber } from './value.js';
import type { JsonValue } from './value.js';

/** Deeper than this nobody nests on purpose. */
export const MAX_JSON_DEPTH = 100;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHITESPACE = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- RFC 8259 forbids control characters in strings
const PLAIN = /[^"\\\u0000-\u001f]*/y;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/**
 * Reads one JSON text, as RFC 8259 has it and no more: no byte order mark, no member twice, nothing after
 * the value, at most `MAX_JSON_DEPTH` levels. A lone surrogate in an escape is kept: fields refuse it.
 * @throws Fault INVALID_ARGUMENT that says what is wrong, and where by line, column and path.
 */
export function parseJson(bytes: Uint8Array): JsonValue {
  return parseJsonText(decodeJson(bytes));
}

/** The same of a text; `subject` is what messages call it. */
export function parseJsonText(text: string, subject = 'the body'): JsonValue {
  return new Parser(text, subject).document();
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

class Parser {
  readonly #text: string;
  readonly #subject: string;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, subject: string) {
    this.#text = text;
    this.#subject = subject;
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
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(): JsonValue {
    const members = new Map<string, JsonValue>();
    this.#open();
    if (this.#closes('}')) return members;
    for (;;) {
      const start = this.#at;
      if (this.#text[start] !== '"')
        throw this.#fault('a member name in double quotes is expected');
      const name = this.#string();
      if (members.has(name)) {
        this.#at = start;
        throw this.#fault(`the member ${JSON.stringify(name.slice(0, 64))} is there twice`);
      }
      this.#path.push(name);
      this.#skipWhitespace();
      this.#expect(':');
      this.#skipWhitespace();
      members.set(name, this.#value());
      this.#path.pop();
      if (this.#endsAfterItem('}')) return members;
    }
  }

  #array(): JsonValue {
    const items: JsonValue[] = [];
    this.#open();
    if (this.#closes(']')) return items;
    for (;;) {
      this.#path.push(items.length);
      items.push(this.#value());
      this.#path.pop();
      if (this.#endsAfterItem(']')) return items;
    }
  }

  #open(): void {
    if (this.#path.length >= MAX_JSON_DEPTH) {
      throw this.#fault(`it is nested deeper than ${MAX_JSON_DEPTH} levels`);
    }
    this.#at++;
    this.#skipWhitespace();
  }

  #closes(bracket: string): boolean {
    if (this.#text[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  #endsAfterItem(bracket: string): boolean {
    this.#skipWhitespace();
    if (this.#closes(bracket)) return true;
    if (this.#text[this.#at] !== ',') throw this.#fault(`\`,\` or \`${bracket}\` is expected`);
    this.#at++;
    this.#skipWhitespace();
    return false;
  }

  #string(): string {
    this.#at++;
    let text = '';
    for (;;) {
      text += this.#match(PLAIN);
      const next = this.#text[this.#at];
      if (next === '"') {
        this.#at++;
        return text;
      }
      if (next === undefined) throw this.#fault('a string is not closed');
      if (next !== '\\') throw this.#fault('a control character in a string must be escaped');
      text += this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? '';
    const plain = ESCAPES.get(letter);
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    const hex = this.#text.slice(this.#at + 2, this.#at + 6);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#fault('no such escape');
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  #number(): JsonNumber {
    const text = this.#match(NUMBER);
    if (text === '') throw this.#fault('a value is expected');
    if (/[0-9.+\-eE]/.test(this.#text[this.#at] ?? '')) throw this.#fault('no such number');
    return new JsonNumber(text);
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#fault('a value is expected');
    this.#at += word.length;
    return value;
  }

  #expect(sign: string): void {
    if (this.#text[this.#at] !== sign) throw this.#fault(`\`${sign}\` is expected`);
    this.#at++;
  }

  #skipWhitespace(): void {
    this.#match(WHITESPACE);
  }

  /** Reads what the sticky expression matches here, possibly nothing. */
  #match(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const text = expression.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return text;
  }

  #fault(what: string): Fault {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    const ended = this.#at >= this.#text.length ? ', where it ends' : '';
    const path = pathText(this.#path);
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
