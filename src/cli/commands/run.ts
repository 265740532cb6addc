import { Argument, Command, Option } from 'commander';
import type { Lock } from '../../client/locks/lock.js';
import type { AcquireOptions } from '../../client/options.js';
import { EXIT } from '../../core/exit-codes.js';
import { openClient, reportFailure, tellingAt, Warnings } from '../client/client-command.js';
import type { Surroundings } from '../client/client-command.js';
import { addConnectionFlags } from '../client/connection-flags.js';
import type { ConnectionFlags } from '../client/connection-flags.js';
import { durationMs, exitCode, FLAGS } from '../client/flags.js';
import { helpAfter } from '../client/help.js';
import { isNotAcquired } from '../client/failure.js';
import { interruptible } from '../client/interrupt.js';
import { ownName } from '../client/own-name.js';
import { tellingWhoHolds } from '../run/waiting.js';
import { modeFlags, modeOf } from './modes.js';
import type { ModeFlags } from './modes.js';

interface RunFlags extends ModeFlags, ConnectionFlags {
  readonly ttl?: number;
  readonly wait?: number;
  readonly conflictExitCode: number;
  readonly verbose?: boolean;
  readonly owner?: string;
  readonly value?: string;
  readonly label?: Readonly<Record<string, string>>;
}

const NOTES = `Waits for the lock, as flock does, unless --wait says how long; --wait 0 does not wait. At a terminal, or with
--verbose, it tells on standard error who holds the lock meanwhile.

The command runs in a session and process group of its own. Every signal is sent on to the group. What leaves the group
(setsid, a daemon) is not reached by any of this: don't start such things under a lock. When the command
ends, what it left behind in its group is ended too, and the lock is free at once.
If the lock can't be renewed, the group gets SIGTERM, then SIGKILL, before anybody else can get the lock. That
holds also if "run" itself is killed or stopped: a second process of it stands guard.
The command sees SHARED_LOCK_NAME and SHARED_LOCK_FENCING_TOKEN. Give the token along with what it writes.
SHARED_LOCK_RUN in its environment is for "run" alone, to find what it has to end.

Exit codes: the command's own, 128 and the signal's number if a signal ended it, 127 if it is not found, 126 if it
can't be executed; 75 (or -E) if the lock was not got, 70 if it was lost, 69 if no daemon answers, 64 for a bad command line,
78 for a SHARED_LOCK_* variable that there is not; 70 and 71 also for what should not happen: see the message.`;

export function runCommand(surroundings: Surroundings): Command {
  const command = new Command('run')
    .description('Run a command only while a lock is held.')
    .usage('[options] <name> -- <command> [argument...]')
    .addArgument(new Argument('<name>', "the lock's name"))
    .addArgument(new Argument('<command...>', 'what to run; put -- before it'))
    .addOption(
      new Option('--wait <duration>', 'wait so long at most (default: until it is got)').argParser(
        durationMs,
      ),
    )
    .addOption(
      new Option(
        '-E, --conflict-exit-code <code>',
        'exit code if the lock was not got; with 0 that is not told either',
      )
        .argParser(exitCode)
        .default(EXIT.tempFail),
    )
    .addOption(
      new Option('--verbose', 'tell who holds the lock while it waits, as it does at a terminal'),
    )
    .addOption(FLAGS.ttl());
  for (const option of [...modeFlags(), FLAGS.owner(), FLAGS.value(), FLAGS.labels()]) {
    command.addOption(option);
  }
  addConnectionFlags(command);
  const examples = [
    ['run nightly-report -- ./report.sh', 'one at a time in the whole cluster'],
    ['run backup --wait 0 -E 0 -- ./backup.sh', 'somebody else does it already? fine'],
    ['run import --limit 3 --ttl 30s -- make import', 'three at a time'],
  ] as const;
  return command.addHelpText('after', helpAfter({ notes: NOTES, examples })).action(async () => {
    const [name = '', ...words] = command.args;
    surroundings.finish(await run(surroundings, name, words, command.opts<RunFlags>()));
  });
}

async function run(
  { terminal }: Surroundings,
  name: string,
  words: readonly string[],
  flags: RunFlags,
): Promise<number> {
  const tell = tellingAt(terminal);
  const warnings = new Warnings();
  try {
    // To the very end, so that no signal finds this process without an ear for it, and the lock is left behind.
    const code = await interruptible(async (signal) => {
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
      return await runUnder(lock, words, tell);
    });
    warnings.tell(tell);
    return code;
  } catch (error) {
    // Where that is no failure there is nothing to say, and nothing that cron would send mail for.
    if (isNotAcquired(error) && flags.conflictExitCode === 0) return 0;
    const code = reportFailure(error, terminal, warnings);
    return isNotAcquired(error) ? flags.conflictExitCode : code;
  }
}

function acquireOptions(flags: RunFlags): AcquireOptions {
  const { ttl, wait = Infinity, value, label, owner = ownName(process.pid) } = flags;
  return {
    ...{ waitMs: wait, owner, ...modeOf(flags) },
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(value === undefined ? {} : { value }),
    ...(label === undefined ? {} : { labels: label }),
  };
}
