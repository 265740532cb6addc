import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { CampaignOptions } from '../../client/elections/election-claim.js';
import { openClient, reportFailure, tellingAt, Warnings } from '../client/client-command.js';
import type { Surroundings } from '../client/client-command.js';
import { addConnectionFlags } from '../client/connection-flags.js';
import type { ConnectionFlags } from '../client/connection-flags.js';
import { FLAGS } from '../client/flags.js';
import { helpAfter } from '../client/help.js';
import { Interrupted } from '../client/interrupt.js';
import { ownName } from '../client/own-name.js';
import { NameArgument } from '../completion/name-argument.js';
import { endAtTerminal } from '../run/end-at-terminal.js';
import { lineOption, programWords, WrappingCommand } from '../run/wrapping-command.js';

interface ElectionRunFlags extends ConnectionFlags {
  readonly once?: boolean;
  readonly command?: string;
  readonly candidate?: string;
  readonly ttl?: number;
  readonly value?: string;
  readonly label?: Readonly<Record<string, string>>;
}

const NOTES = `Stands for election, and waits. Once elected it starts the command, and tells the term on standard error. If the term is
lost, the command is ended as by "run", before anybody else can be elected, and it stands again after 1s, as it does while no
daemon answers. When the command ends by itself, it resigns, so that another candidate can lead, and stands again after a pause: 1s at
first, each time twice as long, 1m at most; after a command that ran for a minute, 1s again. With --once it ends with the first term.
A command that can't be run (exit code 126 or 127) ends it, since trying again does not help.

SIGINT, SIGTERM and SIGHUP end it while it waits; while the command runs they are sent on to it, and its end is then the end of all.
All else about signals, the terminal, open files and what is killed is as of "run": see its help.
The command sees SHARED_LOCK_ELECTION and SHARED_LOCK_TERM. Give the term along with what it writes: --fence takes
"election:$SHARED_LOCK_ELECTION:$SHARED_LOCK_TERM".

Exit codes: with --once the command's own, 70 if the term was lost, 69 if no daemon answers; else the command's own after a signal,
126 or 127. Of both: 128 and the signal's number where no command runs; 64 for a bad command line, 78 for a
SHARED_LOCK_* variable that there is not; 70 and 71 also for what should not happen: see the message.`;

const EXAMPLES = [
  ['election run scheduler -- ./scheduler', 'on each of several machines: it runs on one'],
  ['election run scheduler --value "$HOSTNAME:8080" -- ./serve', 'others see where the leader is'],
  ['election run --once migration -- ./migrate.sh', 'one term, and its exit code'],
] as const;

export function electionRunCommand(surroundings: Surroundings): Command {
  const command = new WrappingCommand('run')
    .description('Run a command whenever this candidate leads, and as long as it does.')
    .usage(
      '[options] <name> [--] <command> [argument...]\n       shared-lock election run [options] <name> -c <line>',
    )
    .addArgument(new NameArgument('election', '<name>', "the election's name"))
    .addArgument(new Argument('[command...]', 'what to run; -- before it is for people to see'))
    .addOption(new Option('--once', 'end with the first term, and the exit code of the command'))
    .addOption(lineOption())
    .addOption(
      new Option('--candidate <text>', 'who stands, for all to see (default: user@host:pid)'),
    );
  for (const option of [FLAGS.ttl(), FLAGS.value(), FLAGS.labels()]) command.addOption(option);
  addConnectionFlags(command);
  return command
    .addHelpText('after', helpAfter({ notes: NOTES, examples: EXAMPLES }))
    .action(async () => {
      const [name = '', ...args] = command.args;
      const flags = command.opts<ElectionRunFlags>();
      const words = programWords(command, args, flags.command);
      surroundings.finish(await run(surroundings, name, words, flags));
    });
}

async function run(
  { terminal }: Surroundings,
  name: string,
  words: readonly string[],
  flags: ElectionRunFlags,
): Promise<number> {
  const tell = tellingAt(terminal);
  const warnings = new Warnings();
  try {
    const { runTerms } = await import('../run/terms.js');
    await using client = await openClient(flags, warnings);
    const { exitCode, asked } = await runTerms(client.election(name), words, {
      ...{ campaign: campaignOptions(flags), connection: flags, tell },
      once: flags.once === true,
    });
    warnings.tell(tell);
    return endAtTerminal(exitCode, asked);
  } catch (error) {
    const code = reportFailure(error, terminal, warnings);
    return endAtTerminal(code, error instanceof Interrupted ? AbortSignal.abort(error) : undefined);
  }
}

function campaignOptions(flags: ElectionRunFlags): CampaignOptions {
  const { ttl, value, label, candidate = ownName(process.pid) } = flags;
  return {
    candidate,
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(value === undefined ? {} : { value }),
    ...(label === undefined ? {} : { labels: label }),
  };
}
