import { Command } from 'commander';
import { helpAfter } from '../client/help.js';
import type { Terminal } from '../terminal.js';
import { readVersion } from '../version.js';

export function versionCommand(terminal: Terminal): Command {
  return new Command('version')
    .description('Print the version.')
    .addHelpText(
      'after',
      helpAfter({ examples: [['version', 'of the program; prints nothing else']] }),
    )
    .action(() => {
      terminal.out(`${readVersion()}\n`);
    });
}
