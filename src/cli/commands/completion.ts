import { Argument, Command, Option } from 'commander';
import type { Surroundings } from '../client/client-command.js';
import { helpAfter } from '../client/help.js';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { zshCompletion } from '../completion/zsh.js';
import { commandWords } from '../completion/words.js';
import { durationMs } from '../client/flags.js';
import { formatDuration } from '../../core/duration.js';

/** A person who typed half a name waits no longer. */
const DEFAULT_WITHIN_MS = 300;

const NOTES = `Names of locks, elections, counters and documents are asked for at the daemon that --address or SHARED_LOCK_ADDRESS, and the
other flags of the connection, name. Without an answer in time there are none: where the daemon is far away, give it more.`;

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Prints what makes a shell complete our commands and flags; made from the commands themselves. */
export function completionCommand({ terminal }: Surroundings): Command {
  const command = new Command('completion')
    .description('Print a script that lets a shell complete commands, flags and names.')
    .addArgument(new Argument('<shell>', 'whose').choices(Object.keys(SCRIPTS)))
    .addOption(
      new Option('--within <duration>', 'how long to wait for the daemon to tell names')
        .argParser(durationMs)
        .default(DEFAULT_WITHIN_MS, formatDuration(DEFAULT_WITHIN_MS)),
    );
  const examples = [
    ['completion bash > /etc/bash_completion.d/shared-lock', 'for all users of bash'],
    ['completion zsh > "${fpath[1]}/_shared-lock"', 'for zsh'],
    ['completion fish > ~/.config/fish/completions/shared-lock.fish', 'for fish'],
  ] as const;
  return command.addHelpText('after', helpAfter({ notes: NOTES, examples })).action(() => {
    const [shell] = command.args;
    const script = SCRIPTS[shell as keyof typeof SCRIPTS]; // it is one of the choices
    const { within } = command.opts<{ readonly within: number }>();
    terminal.out(script(commandWords(command.parent ?? command), formatDuration(within)));
  });
}
