import type { Lock } from '../../client/locks/lock.js';
import { EXIT } from '../../core/exit-codes.js';
import { exitCodeOfSignal } from '../client/interrupt.js';
import { forwardSignals } from './forward-signals.js';
import { GuardedCommand } from './guarded-command.js';
import type { CommandEnd } from './guarded-command.js';
import { heldUntilNs, LossWatch } from './loss-watch.js';

/** As shells have them. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** Runs a command as long as a lock is held. @returns its exit code, or ours if the lock was lost. */
export async function runUnder(
  lock: Lock,
  words: readonly string[],
  tell: (message: string) => void,
): Promise<number> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    SHARED_LOCK_NAME: lock.name,
    SHARED_LOCK_FENCING_TOKEN: String(lock.fencingToken),
  };
  // A capability, if somebody gave it to us.
  delete env.SHARED_LOCK_LEASE;
  const command = new GuardedCommand(words, env, heldUntilNs(lock));
  let loss: string | undefined;
  const watch = new LossWatch(lock, {
    held: (untilNs) => command.extend(untilNs),
    losing: () => {
      loss = 'its lease could not be renewed in time';
      tell(
        `lock ${JSON.stringify(lock.name)} is about to be lost: ${loss}; the command is stopped`,
      );
      command.signal('SIGTERM');
      command.signal('SIGCONT');
    },
    lost: () => {
      command.signal('SIGKILL');
      loss ??= 'it is not held any more';
      tell(lossMessage(lock));
    },
  });
  const unforward = forwardSignals(command, () => watch.check());
  const end = await command.ended;
  // It may have been killed by its guard while this process stood still.
  watch.check();
  watch.stop();
  unforward();
  command.close();
  return loss === undefined ? exitCodeOf(end, words, tell) : EXIT.software;
}

function lossMessage({ name, signal }: Lock): string {
  const why = signal.reason instanceof Error ? signal.reason.message : `lock ${name} was lost`;
  return `${why}; the command was killed`;
}

function exitCodeOf(
  end: CommandEnd,
  [command = '']: readonly string[],
  tell: (message: string) => void,
): number {
  switch (end.kind) {
    case 'exited':
      return end.code;
    case 'signalled':
      return exitCodeOfSignal(end.signal);
    case 'unguarded':
      tell('the process that ran the command is gone, so the command was killed; try again');
      return EXIT.osErr;
    case 'failed':
      if (end.code === 'ENOENT') {
        tell(`${command}: there is no such command; look at its spelling, and at PATH`);
        return NOT_FOUND;
      }
      tell(`${command}: can't be executed (${end.code}); is it a program, and are you allowed to?`);
      return NOT_EXECUTABLE;
  }
}
