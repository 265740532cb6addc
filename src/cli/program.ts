import { Command } from 'commander';
import type { ProgramSurroundings } from './surroundings.js';
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

type Make = (surroundings: ProgramSurroundings) => Promise<Command>;

/** In the order in which the help lists them. A command is loaded when it is asked for: most lines need but one. */
const COMMANDS: Readonly<Record<string, Make>> = {
  serve: async (surroundings) => {
    const { serveCommand } = await import('./commands/serve.js');
    return serveCommand(surroundings);
  },
  run: async (surroundings) => (await import('./commands/run.js')).runCommand(surroundings),
  lock: async (surroundings) => (await import('./commands/lock.js')).lockCommand(surroundings),
  lease: async (surroundings) => (await import('./commands/lease.js')).leaseCommand(surroundings),
  election: async (surroundings) =>
    (await import('./commands/election.js')).electionCommand(surroundings),
  counter: async (surroundings) =>
    (await import('./commands/counter.js')).counterCommand(surroundings),
  config: async (surroundings) =>
    (await import('./commands/config.js')).configCommand(surroundings),
  message: async (surroundings) =>
    (await import('./commands/message.js')).messageCommand(surroundings),
  health: async ({ terminal, finish }) => {
    const { healthCommand } = await import('./commands/health.js');
    return healthCommand(terminal, finish);
  },
  whoami: async (surroundings) =>
    (await import('./commands/whoami.js')).whoamiCommand(surroundings),
  backup: async (surroundings) =>
    (await import('./commands/backup.js')).backupCommand(surroundings),
  restore: async (surroundings) =>
    (await import('./commands/restore.js')).restoreCommand(surroundings),
  policy: async (surroundings) =>
    (await import('./commands/policy.js')).policyCommand(surroundings),
  version: async ({ terminal }) => (await import('./commands/version.js')).versionCommand(terminal),
  completion: async (surroundings) =>
    (await import('./commands/completion.js')).completionCommand(surroundings),
};

/** For scripts of ours alone: in no help. */
const HIDDEN: Readonly<Record<string, Make>> = {
  'complete-names': async (surroundings) => {
    const { completeNamesCommand } = await import('./commands/complete-names.js');
    return completeNamesCommand(surroundings, (name) => makeProgram(surroundings, [name]));
  },
};

/**
 * The program with the one command that a command line begins with; with all, where it begins otherwise, or with the
 * one that tells of the others. That loads nothing but commander: what a command needs it loads when it runs.
 */
export async function makeProgram(
  surroundings: ProgramSurroundings,
  args: readonly string[] = [],
): Promise<Command> {
  const program = new Command('shared-lock')
    .description('Leases, locks with fencing tokens, over gRPC and HTTP, on etcd or one disk.')
    .addHelpText('after', EXAMPLES)
    .version(readVersion(), '-V, --version', 'print the version')
    // `--version` of a command is not ours.
    .enablePositionalOptions()
    .helpCommand(true)
    .showHelpAfterError('(shared-lock --help shows what there is)');
  for (const make of wanted(args)) program.addCommand(await make(surroundings));
  configure(program, surroundings.terminal);
  return program;
}

function wanted([name = '']: readonly string[]): Make[] {
  const make = [COMMANDS, HIDDEN].find((each) => Object.hasOwn(each, name))?.[name];
  return make === undefined || name === 'completion' ? Object.values(COMMANDS) : [make];
}

/** Of a flag that there is not: somebody may have given a token with it, which others would see among the arguments. */
function withoutValue(text: string): string {
  return text
    .replace(/^(error: unknown option '--[^=']+)=[^]*'/, "$1'")
    .replace(
      /^(error: unknown option '--token')/,
      '$1: put it into a file, and name that with --token-file',
    );
}

function configure(command: Command, terminal: Terminal): void {
  for (const each of command.commands) configure(each, terminal);
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      terminal.out(text);
    },
    writeErr: (text) => {
      terminal.err(text);
    },
    // As all that we print: in a mail of cron it must be clear who says it.
    outputError: (text, write) => {
      write(withoutValue(text).replace(/^error: /, 'shared-lock: '));
    },
  });
}
