import { Command, Option } from 'commander';
import type { Config } from '../../config/config.js';
import { EXIT } from '../../core/exit-codes.js';
import { exitCodeHelp } from '../exit-code-help.js';
import { ownProcess } from '../own-process.js';
import type { ProgramSurroundings } from '../surroundings.js';
import type { Terminal } from '../terminal.js';
import { readVersion } from '../version.js';

interface ServeOptions {
  readonly config?: string;
  readonly checkConfig?: boolean;
  /** The other flags go to the configuration, under their names on the command line. */
  readonly [flag: string]: string | boolean | undefined;
}

const HELP = `
Everything can be set by environment variables and in the file too; --check-config names them all.

Examples:
  shared-lock serve
  shared-lock serve --etcd https://10.0.0.1:2379,https://10.0.0.2:2379,https://10.0.0.3:2379
  shared-lock serve --host 0.0.0.0 --port 8080 --grpc-port 50051 --data-dir /srv/locks
  SHARED_LOCK_LOG_LEVEL=debug shared-lock serve --config /etc/shared-lock.json
`;

/** Flags that stand for a setting, by the setting's flag name; where it is one of several, with these. */
const FLAGS: readonly (readonly [string, string, string, (readonly string[])?])[] = [
  ['host', '<address>', 'address to listen on'],
  ['port', '<port>', 'port of the HTTP API; 0 for any free one'],
  ['grpc-port', '<port>', 'port of the gRPC API; 0 for any free one'],
  ['storage', '<type>', 'where the locks are', ['etcd', 'embedded', 'memory']],
  ['data-dir', '<folder>', 'where the embedded storage keeps its data'],
  ['etcd', '<addresses>', 'members of the etcd cluster, comma-separated'],
  [
    ...(['log-level', '<level>', 'what is logged'] as const),
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
  ],
];

export function serveCommand({
  terminal,
  finish,
  ready = () => undefined,
}: ProgramSurroundings): Command {
  const command = new Command('serve').description('Run the daemon.');
  for (const [name, value, text, choices] of FLAGS) {
    const option = new Option(`--${name} ${value}`, text);
    // For help and completion. Not by \`choices\`: what is wrong with a setting, its format says, wherever it was given.
    if (choices !== undefined) option.argChoices = [...choices];
    command.addOption(option);
  }
  return command
    .option('--config <file>', 'JSON file with settings')
    .option('--check-config', 'check the configuration and its certificates, show it, and end')
    .addHelpText('after', `${HELP}\n${exitCodeHelp()}\n`)
    .action(async (options: ServeOptions) => {
      finish(await serve(options, terminal, ready));
    });
}

/** @throws ConfigError if the configuration is wrong. */
async function serve(
  options: ServeOptions,
  terminal: Terminal,
  ready: () => void,
): Promise<number> {
  const own = ownProcess(terminal, ready);
  const { loadConfig } = await import('../../config/load.js');
  const { processSurroundings } = await import('../../config/surroundings.js');
  const loaded = loadConfig({
    flags: flagsOf(options),
    file: options.config,
    surroundings: processSurroundings(),
  });
  if (options.checkConfig === true) {
    const { describeConfig } = await import('../../config/describe.js');
    terminal.out(`${describeConfig(loaded)}\n`);
    return checkFilesOf(loaded.config, terminal);
  }
  const { runDaemon } = await import('../../daemon/run.js');
  return runDaemon(loaded.config, { version: readVersion(), process: own });
}

/** Says what is wrong with the files that the configuration names. @returns the exit code. */
async function checkFilesOf(config: Config, terminal: Terminal): Promise<number> {
  const { checkFiles } = await import('../../daemon/check-files.js');
  const problems = await checkFiles(config, Date.now());
  for (const { message } of problems) terminal.err(`shared-lock: ${message}\n`);
  return problems[0]?.exitCode ?? EXIT.ok;
}

/** commander writes `--grpc-port` as `grpcPort`. */
function flagsOf(options: ServeOptions): Record<string, string> {
  return Object.fromEntries(
    FLAGS.flatMap(([name]) => {
      const value = options[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
