import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config.js';
import { EXIT } from '../core/exit-codes.js';
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
import type { Surroundings } from './client/client-command.js';
import type { Finish, Terminal } from './terminal.js';
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

/** Runs one command line, without the program's name. @returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.ok;
  const finish: Finish = (code) => {
    exitCode = code;
  };
  const program = new Command('shared-lock')
    .description('Leases, locks with fencing tokens, over gRPC and HTTP, on etcd or one disk.')
    .addHelpText('after', EXAMPLES)
    .version(readVersion(), '-V, --version', 'print the version')
    .helpCommand(true)
    .showHelpAfterError('(shared-lock --help shows what there is)');
  addCommands(program, { terminal, finish });
  configure(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const problem of error.problems) terminal.err(`shared-lock: ${problem}\n`);
      return EXIT.config;
    }
    if (!(error instanceof CommanderError)) throw error;
    // commander has said it already. Without a command it shows the help, as an error.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return exitCode;
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
