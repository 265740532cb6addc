import { Command } from 'commander';
import { helpAfter } from '../client/help.js';
import { addOutputFlag } from '../output/printer.js';
import type { OutputFlags } from '../output/printer.js';
import type { Terminal } from '../terminal.js';
import { readVersion } from '../version.js';

export function versionCommand(terminal: Terminal): Command {
  return addOutputFlag(new Command('version').description('Print the version.'))
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          ['version', 'of the program; prints nothing else'],
          ['version -o json', 'as an object with one member, version'],
        ],
      }),
    )
    .action(({ output }: OutputFlags) => {
      const version = readVersion();
      terminal.out(output === 'json' ? `${JSON.stringify({ version })}\n` : `${version}\n`);
    });
}
