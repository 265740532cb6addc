import { Option } from 'commander';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';
import type { Answers } from './answers.js';
import { renderTable } from './table.js';
import type { Column } from './table.js';

export interface OutputFlags {
  readonly output: 'table' | 'json';
}

export function addOutputFlag(
  command: Command,
  description = 'for people or for programs',
): Command {
  return command.addOption(
    new Option('-o, --output <format>', description).choices(['table', 'json']).default('table'),
  );
}

/** Results: texts for people, or for programs what the daemon answered. */
export class Printer {
  readonly #terminal: Terminal;
  readonly #answers: Answers | undefined;

  /** @param answers undefined: for people. */
  constructor(terminal: Terminal, answers: Answers | undefined) {
    this.#terminal = terminal;
    this.#answers = answers;
  }

  /** One result. @param text as it is, with its line ends. */
  result(text: string): void {
    this.#terminal.out(this.#answers === undefined ? text : `${this.#answers.last()}\n`);
  }

  /** A list, to its end: a table, or one JSON document for all pages. */
  async list<T>(items: AsyncIterable<T>, columns: readonly Column<T>[]): Promise<void> {
    const all: T[] = [];
    for await (const item of items) if (this.#answers === undefined) all.push(item);
    this.#terminal.out(
      this.#answers === undefined ? renderTable(all, columns) : `${this.#answers.pages()}\n`,
    );
  }

  /** One event of a watch. @param line without its end. */
  event(line: string): void {
    this.result(`${line}\n`);
  }
}
