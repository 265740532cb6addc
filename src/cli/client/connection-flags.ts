import { accessSync, constants, readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ClientOptions, TlsOptions } from '../../client/options.js';
import { ConfigError } from '../../config/config.js';
import { EXIT } from '../../core/exit-codes.js';
import { CommandFailure } from './failure.js';
import { deadlineMs } from './flags.js';

/** What every command that talks to a daemon takes. */
export interface ConnectionFlags {
  readonly address: string;
  readonly tls?: boolean;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly tokenFile?: string;
  readonly timeout: number;
}

/** Shorter than the client library's: somebody looks at the terminal. */
const DEFAULT_TIMEOUT_MS = 5000;
const DEFAULT_ADDRESS = 'localhost:50051';

export function addConnectionFlags(command: Command): Command {
  const group = (option: Option): Option => option.helpGroup('Connection:');
  const options = [
    new Option('--address <addresses>', 'host:port or unix:/path of the daemon; several by comma')
      .env('SHARED_LOCK_ADDRESS')
      .default(DEFAULT_ADDRESS),
    new Option('--tls', "TLS, with the system's authorities; the files below imply it"),
    new Option('--cacert <file>', 'TLS, with these authorities (PEM)').env('SHARED_LOCK_CACERT'),
    new Option('--cert <file>', "this client's certificate (PEM), with --key").env(
      'SHARED_LOCK_CERT',
    ),
    new Option('--key <file>', 'the private key of --cert (PEM)').env('SHARED_LOCK_KEY'),
    new Option(
      '--token-file <file>',
      'a file with the token that says who calls; to another machine only with TLS',
    ).env('SHARED_LOCK_TOKEN_FILE'),
    new Option('--timeout <duration>', 'how long to try to get an answer, beside any waiting')
      .env('SHARED_LOCK_TIMEOUT')
      .argParser(deadlineMs)
      .default(DEFAULT_TIMEOUT_MS, '5s'),
  ];
  for (const option of options) command.addOption(group(option));
  return command.hook('preAction', async (_, action) => {
    refuseEmpty(action);
    await refuseUnknown(process.env);
  });
}

/** What knows all variables is loaded only where there is one. @throws ConfigError */
async function refuseUnknown(env: NodeJS.ProcessEnv): Promise<void> {
  if (!Object.keys(env).some((name) => name.startsWith('SHARED_LOCK_'))) return;
  const { checkEnvironment } = await import('../../config/check-environment.js');
  await checkEnvironment(env);
}

/** Empty on the command line is a variable of a script that was not set, not a wish for the default. */
function refuseEmpty(command: Command): void {
  for (const flag of ['address', 'cacert', 'cert', 'key', 'token-file', 'lease']) {
    const name = new Option(`--${flag}`).attributeName();
    if (command.getOptionValueSource(name) !== 'cli' || command.getOptionValue(name) !== '')
      continue;
    command.error(`error: --${flag} is empty: give a value, or leave it out`);
  }
  // Neither is it a wish for the locks of another daemon than the one that was to be named.
  if (command.getOptionValueSource('address') === 'env' && command.getOptionValue('address') === '')
    throw new ConfigError([
      `SHARED_LOCK_ADDRESS is empty: give the daemon's address, or unset it for ${DEFAULT_ADDRESS}`,
    ]);
}

/** @throws CommandFailure for a file that can't be read. */
export function clientOptionsOf(flags: ConnectionFlags): Omit<ClientOptions, 'address'> {
  const { address, tls = false, timeout } = flags;
  const { cacert, cert, key, tokenFile } = unlessEmpty(flags);
  const isTls = tls || [cacert, cert, key].some((file) => file !== undefined);
  const read = (name: keyof TlsOptions, file: string | undefined): TlsOptions =>
    file === undefined ? {} : { [name]: readPem(file) };
  return {
    addresses: address
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== ''),
    deadlineMs: timeout,
    ...(isTls
      ? { tls: { ...read('ca', cacert), ...read('cert', cert), ...read('key', key) } }
      : {}),
    ...(tokenFile === undefined ? {} : { tokenFile: readable(tokenFile) }),
  };
}

/** An empty variable counts as not set. */
function unlessEmpty({ cacert, cert, key, tokenFile }: ConnectionFlags): Partial<ConnectionFlags> {
  const entries = Object.entries({ cacert, cert, key, tokenFile });
  return Object.fromEntries(entries.filter(([, file]) => file !== ''));
}

/** Said at once, and not after all tries. The client reads it: a pipe can be read only once. */
function readable(file: string): string {
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): CommandFailure {
  const why = error instanceof Error ? error.message : String(error);
  return new CommandFailure(EXIT.ioErr, `the file can't be read: ${why}`);
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unreadable(error);
  }
}
