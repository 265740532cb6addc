import { Command, Option } from 'commander';
import { addConnectionFlags } from '../client/connection-flags.js';
import type { ConnectionFlags } from '../client/connection-flags.js';
import { NameArgument } from './name-argument.js';
import type { NameKind } from './name-argument.js';

/** Which names a command line may go on with, and who knows them. */
export interface WantedNames {
  readonly kind: NameKind;
  /** What is written of the name. */
  readonly prefix: string;
  /** The arguments before it: of documents the first is their namespace. */
  readonly before: readonly string[];
  readonly connection: ConnectionFlags;
}

/**
 * @param program with the command that the words begin with.
 * @param words those after the program's name; the last one is being written, and may be empty.
 * @returns undefined if no name comes there.
 * @throws CommanderError for flags that can't be used.
 */
export function wantedNames(program: Command, words: readonly string[]): WantedNames | undefined {
  const { command, rest } = commandOf(program, words.slice(0, -1));
  const reader = readerOf(command).parse(rest, { from: 'user' });
  const argument = command.registeredArguments[reader.args.length];
  if (!(argument instanceof NameArgument)) return undefined;
  const { kind } = argument;
  const connection = reader.opts<ConnectionFlags>(); // those were added
  return { kind, prefix: words.at(-1) ?? '', before: reader.args, connection };
}

function commandOf(
  command: Command,
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const [first, ...others] = words;
  const next = command.commands.find((each) => each.name() === first);
  return next === undefined ? { command, rest: words } : commandOf(next, others);
}

/** Tells the flags of a command from its arguments; of their values only those of the connection matter. */
function readerOf(command: Command): Command {
  const reader = new Command().argument('[words...]').exitOverride();
  reader.configureOutput({ writeErr: () => undefined });
  addConnectionFlags(reader);
  const known = new Set(reader.options.map(({ long }) => long));
  for (const { long, flags } of command.options) {
    if (!known.has(long)) reader.addOption(new Option(flags));
  }
  return reader;
}
