import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { Lock } from '../../client/locks/lock.js';
import type { AcquireOptions } from '../../client/options.js';
import { EXIT } from '../../core/exit-codes.js';
import { openClient, reportFailure, tellingAt, Warnings } from '../client/client-command.js';
import type { Surroundings } from '../client/client-command.js';
import { addConnectionFlags } from '../client/connection-flags.js';
import type { ConnectionFlags } from '../client/connection-flags.js';
import { exitCode, FLAGS, waitMs } from '../client/flags.js';
import { helpAfter } from '../client/help.js';
import { isNotAcquired } from '../client/failure.js';
import { interruptible } from '../client/interrupt.js';
import { ownName } from '../client/own-name.js';
import { endAtTerminal } from '../run/end-at-terminal.js';
import { NameArgument } from '../completion/name-argument.js';
import { tellingWhoHolds } from '../run/waiting.js';
import { lineOption, programWords, WrappingCommand } from '../run/wrapping-command.js';
import { modeFlags, modeOf } from './modes.js';
import type { ModeFlags } from './modes.js';

interface RunFlags extends ModeFlags, ConnectionFlags {
  readonly ttl?: number;
  readonly wait?: number;
  readonly nonblock?: boolean;
  readonly command?: string;
  readonly conflictExitCode: number;
  readonly verbose?: boolean;
  readonly owner?: string;
  readonly value?: string;
  readonly label?: Readonly<Record<string, string>>;
}

const NOTES = `Waits for the lock, as flock does, unless --wait says how long; -n does not wait. At a terminal, or with
--verbose, it tells on standard error who holds the lock meanwhile. -n, -w, -s, -x, -E and -c are flock's. With the
second word that is no option the command begins, and the options behind it are the command's.

The command gets what "run" was started with: its open files, the limit of them, and the signals to ignore. At a terminal it
shares the terminal and the process group, so that prompts, Ctrl-C, Ctrl-Z and fg reach it; other signals are sent on to it.
Elsewhere it has a session and process group of its own, and every signal is sent on to the group. What leaves the group
(setsid, a daemon) is not reached by any of this: don't start such things under a lock. When the command
ends, what it left behind is ended too, and the lock is free at once.
If the lock can't be renewed, the command and all of its processes get SIGTERM, then SIGKILL, before anybody else can get the lock.
That holds also if "run" itself is killed or stopped (Ctrl-Z too): a second process of it stands guard, and gives the lock back if
"run" was killed. As the first process of a container it collects no orphans: give the container an init (docker run --init).
The command sees SHARED_LOCK_NAME and SHARED_LOCK_FENCING_TOKEN. Give the token along with what it writes.
SHARED_LOCK_RUN in its environment is for "run" alone, to find what it has to end.

Exit codes: the command's own, 128 and the signal's number if a signal ended it, 127 if it is not found, 126 if it
can't be executed; 75 (or -E) if the lock was not got, 70 if it was lost, 69 if no daemon answers, 64 for a bad command line,
78 for a SHARED_LOCK_* variable that there is not; 70 and 71 also for what should not happen: see the message.`;

const EXAMPLES = [
  ['run nightly-report -- ./report.sh', 'one at a time in the whole cluster'],
  ['run -n -E 0 backup ./backup.sh', 'somebody else does it already? fine'],
  ["run -w 5 report -c 'make && make install'", 'a line for the shell; wait 5 seconds at most'],
  ['run import --limit 3 --ttl 30s -- make import', 'three at a time'],
] as const;

export function runCommand(surroundings: Surroundings): Command {
  const command = new WrappingCommand('run')
    .description('Run a command only while a lock is held.')
    .usage(
      '[options] <name> [--] <command> [argument...]\n       shared-lock run [options] <name> -c <line>',
    )
    .addArgument(new NameArgument('lock', '<name>', "the lock's name"))
    .addArgument(new Argument('[command...]', 'what to run; -- before it is for people to see'));
  for (const option of [...runOptions(), ...modeFlags()]) command.addOption(option);
  for (const option of [FLAGS.owner(), FLAGS.value(), FLAGS.labels()]) command.addOption(option);
  addConnectionFlags(command);
  return command
    .addHelpText('after', helpAfter({ notes: NOTES, examples: EXAMPLES }))
    .action(async () => {
      const [name = '', ...args] = command.args;
      const flags = command.opts<RunFlags>();
      const words = programWords(command, args, flags.command);
      surroundings.finish(await run(surroundings, name, words, flags));
    });
}

function runOptions(): Option[] {
  return [
    new Option(
      '-w, --wait <duration>',
      'wait so long at most (default: until it is got)',
    ).argParser(waitMs),
    new Option('-n, --nonblock', "don't wait"),
    lineOption(),
    new Option(
      '-E, --conflict-exit-code <code>',
      'exit code if the lock was not got; with 0 that is not told either',
    )
      .argParser(exitCode)
      .default(EXIT.tempFail),
    new Option('-v, --verbose', 'tell who holds the lock while it waits, as it does at a terminal'),
    FLAGS.ttl(),
  ];
}

async function run(
  { terminal }: Surroundings,
  name: string,
  words: readonly string[],
  flags: RunFlags,
): Promise<number> {
  const tell = tellingAt(terminal);
  const warnings = new Warnings();
  let interrupted: AbortSignal | undefined;
  try {
    // To the very end, so that no signal finds this process without an ear for it, and the lock is left behind.
    const { exitCode: code, isLost } = await interruptible(async (signal) => {
      interrupted = signal;
      const { runUnder } = await import('../run/run-under.js');
      await using client = await openClient(flags, warnings);
      const acquire = (): Promise<Lock> =>
        client.acquire(name, { ...acquireOptions(flags), signal });
      await using lock =
        flags.verbose === true || terminal.isErrTerminal
          ? await tellingWhoHolds(client, name, tell, acquire)
          : await acquire();
      // It came when there was nothing left to wait for; nothing runs yet.
      signal.throwIfAborted();
      const env = {
        SHARED_LOCK_NAME: lock.name,
        SHARED_LOCK_FENCING_TOKEN: String(lock.fencingToken),
      };
      return await runUnder(lock, words, { env, connection: flags, tell });
    });
    // Of a lock that was lost it was told; that it could not be given back either goes without saying.
    if (!isLost) warnings.tell(tell);
    return endAtTerminal(code, interrupted);
  } catch (error) {
    // Where that is no failure there is nothing to say, and nothing that cron would send mail for.
    if (isNotAcquired(error) && flags.conflictExitCode === 0) return 0;
    const code = reportFailure(error, terminal, warnings);
    return isNotAcquired(error) ? flags.conflictExitCode : endAtTerminal(code, interrupted);
  }
}

function acquireOptions(flags: RunFlags): AcquireOptions {
  const { ttl, wait = Infinity, nonblock, value, label, owner = ownName(process.pid) } = flags;
  return {
    ...{ waitMs: nonblock === true ? 0 : wait, owner, ...modeOf(flags) },
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(value === undefined ? {} : { value }),
    ...(label === undefined ? {} : { labels: label }),
  };
}
