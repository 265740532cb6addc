import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument } from 'yaml';
import type { Document, ParsedNode } from 'yaml';
import { suggest } from '../core/nearest.js';

/** Something that is wrong with a file. */
export interface Problem {
  /** From 1. */
  readonly line: number;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** More are not told: they follow from the first ones. */
const MAX_PROBLEMS = 20;

/** A YAML file, or a JSON one, read strictly: what is not understood is a problem, and has a line. */
export class YamlTree {
  readonly problems: Problem[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(text: string) {
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      // Its messages would quote the file.
      prettyErrors: false,
      schema: 'core',
      strict: true,
      uniqueKeys: true,
      stringKeys: true,
    });
    for (const { pos, message } of [...this.#document.errors, ...this.#document.warnings]) {
      this.#add(this.#lines.linePos(pos[0]).line, message);
    }
  }

  /** Null: the file is empty. */
  get root(): ParsedNode | null {
    return this.#document.contents;
  }

  lineOf(node: ParsedNode | null): number {
    return node === null ? 1 : Math.max(1, this.#lines.linePos(node.range[0]).line);
  }

  /** @returns what such a node stands for: nothing. */
  problem(node: ParsedNode | null, message: string): never[] {
    this.#add(this.lineOf(node), message);
    return [];
  }

  /** The members of a mapping of which all names are known. */
  members(
    node: ParsedNode | null,
    what: string,
    known: readonly string[],
  ): ReadonlyMap<string, ParsedNode | null> {
    const members = new Map<string, ParsedNode | null>();
    if (!this.#isPlain(node)) return members;
    if (!isMap(node)) {
      this.problem(node, `${what} must be a mapping of ${known.join(', ')}`);
      return members;
    }
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? key.value : undefined;
      if (!this.#isPlain(key)) continue;
      if (typeof name !== 'string' || !known.includes(name)) {
        const shown = JSON.stringify(name ?? '');
        const hint = typeof name === 'string' ? suggest(name, known) : '';
        this.problem(key, `${what} has no ${shown}${hint}: it takes ${known.join(', ')}`);
      } else members.set(name, value);
    }
    return members;
  }

  /** The members of a mapping, whatever their names: name, value, and where the name stands. */
  named(
    node: ParsedNode | null,
    what: string,
  ): readonly (readonly [string, ParsedNode | null, ParsedNode])[] {
    if (!this.#isPlain(node)) return [];
    if (!isMap(node)) return this.problem(node, `${what} must be a mapping`);
    return node.items.flatMap(({ key, value }) => {
      const name = this.text(key, `a name in ${what}`);
      return name === undefined ? [] : [[name, value, key] as const];
    });
  }

  /** The entries of a list. */
  entries(node: ParsedNode | null, what: string): readonly ParsedNode[] {
    if (!this.#isPlain(node)) return [];
    if (isSeq(node)) return node.items;
    this.problem(node, `${what} must be a list`);
    return [];
  }

  text(node: ParsedNode | null, what: string): string | undefined {
    if (!this.#isPlain(node)) return undefined;
    if (!isScalar(node) || typeof node.value !== 'string') {
      const isWord = isScalar(node) && node.value !== null;
      this.problem(node, `${what} must be a text${isWord ? ': put it in quotes' : ''}`);
      return undefined;
    }
    return node.value;
  }

  /** Texts, one at least. */
  texts(node: ParsedNode | null, what: string): readonly (readonly [string, ParsedNode])[] {
    const entries = this.entries(node, what);
    if (isSeq(node) && entries.length === 0) this.problem(node, `${what} is empty`);
    return entries.flatMap((entry) => {
      const text = this.text(entry, `what is in ${what}`);
      return text === undefined ? [] : [[text, entry] as const];
    });
  }

  /** What a scalar is; undefined for what is none. */
  value(node: ParsedNode | null): unknown {
    return this.#isPlain(node) && isScalar(node) ? node.value : undefined;
  }

  /** Without what makes a file hard to read, or large when it is put together. A text that is not there is plain. */
  #isPlain(node: ParsedNode | null): boolean {
    if (isAlias(node)) this.problem(node, 'anchors and aliases are not read: write it out');
    else if (node?.anchor !== undefined) {
      this.problem(node, 'anchors and aliases are not read: leave the anchor out');
    } else if (node?.tag !== undefined && !isDefaultTag(node.tag)) {
      this.problem(node, `tags such as ${node.tag} are not read: leave it out`);
    } else return true;
    return false;
  }

  #add(line: number, message: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ line, message });
  }
}

const MAX_DEPTH = 16;
/** The lexer says with it that a text follows. */
const TEXT_FOLLOWS = '\u001f';

/**
 * Whether something is in more than 16 brackets, or behind more than 16 signs of block structure on a line. To be asked first: the parser
 * calls itself for each, and takes seconds until its stack ends.
 */
export function isTooDeep(text: string): boolean {
  let brackets = 0;
  let signs = 0;
  let isText = false;
  for (const token of new Lexer().lex(text)) {
    if (!isText) {
      if (token === '{' || token === '[') brackets++;
      else if (token === '}' || token === ']') brackets = Math.max(0, brackets - 1);
      else if (token === '\n') signs = 0;
      else if (brackets === 0 && /^[-?:]$/.test(token)) signs++;
      if (brackets > MAX_DEPTH || signs > MAX_DEPTH) return true;
    }
    isText = token === TEXT_FOLLOWS;
  }
  return false;
}

/** Some nodes have the tag that their form stands for. */
function isDefaultTag(tag: string): boolean {
  return tag.startsWith('tag:yaml.org,2002:');
}
