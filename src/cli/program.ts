import { Command } from 'commander';
import type { Surroundings } from './client/client-command.js';
import { completionCommand } from './commands/completion.js';
import { configCommand } from './commands/config.js';
import { counterCommand } from './commands/counter.js';
import { electionCommand } from './commands/election.js';
import { healthCommand } from './commands/health.js';
import { leaseCommand } from './commands/lease.js';
import { lockCommand } from './commands/lock.js';
import { messageCommand } from './commands/message.js';
import { runCommand } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import { versionCommand } from './commands/version.js';
import type { Terminal } from './terminal.js';
import { readVersion } from './version.js';

const EXAMPLES = `
Examples:
  shared-lock serve                                  one node, data in a folder of its own
  shared-lock serve --etcd 10.0.0.1:2379             on an etcd cluster
  shared-lock serve --check-config                   show the configuration, and end
  shared-lock run report -- ./report.sh              run a command only while a lock is held
  shared-lock lock list                              who holds what
  shared-lock health                                 is the daemon on this machine ready?
`;

const CLIENT_COMMANDS = [
  ...[runCommand, lockCommand, leaseCommand, electionCommand],
  ...[counterCommand, configCommand, messageCommand],
] as const;

/** All commands. Making them loads nothing but commander: what a command needs it loads when it runs. */
export function makeProgram(surroundings: Surroundings): Command {
  const program = new Command('shared-lock')
    .description('Leases, locks with fencing tokens, over gRPC and HTTP, on etcd or one disk.')
    .addHelpText('after', EXAMPLES)
    .version(readVersion(), '-V, --version', 'print the version')
    // `--version` of a command is not ours.
    .enablePositionalOptions()
    .helpCommand(true)
    .showHelpAfterError('(shared-lock --help shows what there is)');
  addCommands(program, surroundings);
  configure(program, surroundings.terminal);
  return program;
}

function addCommands(program: Command, surroundings: Surroundings): void {
  const { terminal, finish } = surroundings;
  program.addCommand(serveCommand(terminal, finish));
  for (const make of CLIENT_COMMANDS) program.addCommand(make(surroundings));
  program.addCommand(healthCommand(terminal, finish));
  program.addCommand(versionCommand(terminal));
  program.addCommand(completionCommand(surroundings));
}

/** A command and all below it. */
function configure(command: Command, terminal: Terminal): void {
  for (const each of command.commands) configure(each, terminal);
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      terminal.out(text);
    },
    writeErr: (text) => {
      terminal.err(text);
    },
  });
}
