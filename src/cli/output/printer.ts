import { Option } from 'commander';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';
import { toJson } from './json.js';
import { renderTable } from './table.js';
import type { Column } from './table.js';

export interface OutputFlags {
  readonly output: 'table' | 'json';
}

export function addOutputFlag(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'for people or for programs')
      .choices(['table', 'json'])
      .default('table'),
  );
}

/** Results, for people or for programs. */
export class Printer {
  readonly #terminal: Terminal;
  readonly #format: OutputFlags['output'];

  constructor(terminal: Terminal, format: OutputFlags['output']) {
    this.#terminal = terminal;
    this.#format = format;
  }

  /** One result: `text` for people, as it is, or all of it as JSON. */
  result(result: object, text: string): void {
    this.#terminal.out(this.#format === 'json' ? `${toJson(result)}\n` : text);
  }

  /** A list: a table, or one JSON array. */
  async list<T extends object>(
    items: AsyncIterable<T>,
    columns: readonly Column<T>[],
    json: (item: T) => object = (item) => item,
  ): Promise<void> {
    const all: T[] = [];
    for await (const item of items) all.push(item);
    this.result(all.map(json), renderTable(all, columns));
  }

  /** One event of a watch: a line. */
  event(event: object, line: string): void {
    this.#terminal.out(`${this.#format === 'json' ? toJson(event) : line}\n`);
  }
}
