import { Argument, Command } from 'commander';
import type { Surroundings } from '../client/client-command.js';
import { helpAfter } from '../client/help.js';
import { bashCompletion, fishCompletion, zshCompletion } from '../completion/scripts.js';
import { commandWords } from '../completion/words.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Prints what makes a shell complete our commands and flags; made from the commands themselves. */
export function completionCommand({ terminal }: Surroundings): Command {
  const command = new Command('completion')
    .description('Print a script that lets a shell complete commands and flags.')
    .addArgument(new Argument('<shell>', 'whose').choices(Object.keys(SCRIPTS)));
  const examples = [
    ['completion bash > /etc/bash_completion.d/shared-lock', 'for all users of bash'],
    ['completion zsh > "${fpath[1]}/_shared-lock"', 'for zsh'],
    ['completion fish > ~/.config/fish/completions/shared-lock.fish', 'for fish'],
  ] as const;
  return command.addHelpText('after', helpAfter({ examples })).action(() => {
    const [shell] = command.args;
    const script = SCRIPTS[shell as keyof typeof SCRIPTS]; // it is one of the choices
    terminal.out(script(commandWords(command.parent ?? command)));
  });
}
