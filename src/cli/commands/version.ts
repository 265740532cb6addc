import { Command } from 'commander';
import type { Terminal } from '../terminal.js';
import { readVersion } from '../version.js';

export function versionCommand(terminal: Terminal): Command {
  return new Command('version').description('Print the version.').action(() => {
    terminal.out(`${readVersion()}\n`);
  });
}
