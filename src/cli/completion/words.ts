import type { Command } from 'commander';
import { NameArgument } from './name-argument.js';

/** What may come after a command. */
export interface CommandWords {
  /** `lock acquire`; empty: the program itself. */
  readonly path: string;
  readonly subcommands: readonly Described[];
  readonly flags: readonly Flag[];
  /** Of its first argument, if it has a choice. */
  readonly choices: readonly string[];
  /** Whether one of its arguments is a name that the daemon knows. */
  readonly hasNames: boolean;
  /** Whether other programs come after its dashes. */
  readonly runsPrograms: boolean;
}

export interface Described {
  readonly name: string;
  readonly description: string;
}

export interface Flag {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  /** Empty: anything. */
  readonly choices: readonly string[];
}

/** The words of a command and of all below it. */
export function commandWords(command: Command, path = ''): CommandWords[] {
  const below = command.commands.flatMap((each) =>
    commandWords(each, `${path} ${each.name()}`.trim()),
  );
  const help = { long: '--help', short: '-h', description: 'display help' };
  return [
    {
      path,
      subcommands: command.commands.map((each) => ({
        name: each.name(),
        description: each.description(),
      })),
      flags: [
        ...command.options.flatMap(
          ({ long, short, description, required, optional, argChoices }) =>
            typeof long === 'string'
              ? [
                  {
                    ...{ long, short, description },
                    ...{ takesValue: required || optional, choices: argChoices ?? [] },
                  },
                ]
              : [],
        ),
        { ...help, takesValue: false, choices: [] },
      ],
      choices: command.registeredArguments[0]?.argChoices ?? [],
      hasNames: command.registeredArguments.some((each) => each instanceof NameArgument),
      runsPrograms: command.registeredArguments.some((each) => each.name() === 'command'),
    },
    ...below,
  ];
}
