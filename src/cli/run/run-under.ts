import { EXIT } from '../../core/exit-codes.js';
import type { ConnectionFlags } from '../client/connection-flags.js';
import { INHERITED } from '../inheritance.js';
import { hasControllingTerminal, leaveTerminalAsItIs } from '../terminal.js';
import { exitCodeOf } from './command-end.js';
import type { CommandEnd } from './command-end.js';
import { commandLine, whyNotExecutable } from './command-line.js';
import { forwardSignals } from './forward-signals.js';
import { GuardedCommand } from './guarded-command.js';
import type { Held } from './held.js';
import { heldUntilNs, LossWatch } from './loss-watch.js';
import { entryOf } from './process-table.js';

export interface RunOptions {
  /** Variables of the command, beside those of this process. */
  readonly env: NodeJS.ProcessEnv;
  /** How to reach the daemon, should this process be killed. */
  readonly connection: ConnectionFlags;
  /** Says something to people. */
  readonly tell: (message: string) => void;
}

export interface RunEnd {
  /** The command's, or what stands for it; 70 if what it ran under was lost. */
  readonly exitCode: number;
  readonly isLost: boolean;
}

/** Runs a command as long as something is held. */
export async function runUnder(
  held: Held,
  words: readonly string[],
  { env: variables, connection, tell }: RunOptions,
): Promise<RunEnd> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...variables };
  // A capability, if somebody gave it to us.
  delete env.SHARED_LOCK_LEASE;
  const why = whyNotExecutable(words[0] ?? '', env);
  if (why !== undefined) return endOf({ kind: 'failed', code: why }, false, words, tell);
  const sharesTerminal = canShareTerminal();
  const command = new GuardedCommand(commandLine(words, INHERITED), {
    ...{ env, sharesTerminal, untilNs: heldUntilNs(held) },
    giveBack: { connection, leaseId: held.lease.id },
  });
  const { watch, isLost } = endWhenLost(held, command, tell);
  const unforward = forwardSignals(command, sharesTerminal, () => watch.check());
  const end = await command.ended;
  // It may have been killed by its guard while this process stood still.
  watch.check();
  watch.stop();
  unforward();
  command.close();
  // After a command that had no time to put it back, Node.js does.
  if (sharesTerminal && !isLost()) leaveTerminalAsItIs();
  return endOf(end, isLost(), words, tell);
}

/** Ends the command before anybody else can have what it runs under. Says so once. */
function endWhenLost(
  held: Held,
  command: GuardedCommand,
  tell: (message: string) => void,
): { readonly watch: LossWatch; readonly isLost: () => boolean } {
  let isLost = false;
  const lose = (why: string): void => {
    if (!isLost) tell(why);
    isLost = true;
  };
  const watch = new LossWatch(held, {
    held: (untilNs) => command.extend(untilNs),
    losing: () => {
      const { refusal } = held.lease;
      const why =
        refusal === undefined
          ? 'its lease could not be renewed in time'
          : `its lease was not renewed: ${refusal}`;
      lose(`${held.title} is about to be lost: ${why}; the command is ended`);
      command.signal('SIGTERM');
      command.signal('SIGCONT');
    },
    lost: () => {
      command.signal('SIGKILL');
      const reason: unknown = held.signal.reason;
      const why = reason instanceof Error ? reason.message : `${held.title} was lost`;
      lose(`${why}; the command was killed`);
    },
  });
  return { watch, isLost: () => isLost };
}

function endOf(
  end: CommandEnd,
  isLost: boolean,
  words: readonly string[],
  tell: (message: string) => void,
): RunEnd {
  return { exitCode: isLost ? EXIT.software : exitCodeOf(end, words, tell), isLost };
}

/**
 * At a terminal the command stays with this process, for the terminal to reach it. To kill it then, its processes are looked for,
 * which takes Linux's /proc.
 */
function canShareTerminal(): boolean {
  return hasControllingTerminal() && entryOf(process.pid) !== undefined;
}
