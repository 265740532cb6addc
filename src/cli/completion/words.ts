import type { Command } from 'commander';

/** What may come after a command. */
export interface CommandWords {
  /** `lock acquire`; empty: the program itself. */
  readonly path: string;
  readonly subcommands: readonly Described[];
  readonly flags: readonly Flag[];
  /** Of its first argument, if it has a choice. */
  readonly choices: readonly string[];
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
    },
    ...below,
  ];
}
