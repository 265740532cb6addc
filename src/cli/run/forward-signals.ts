import type { GuardedCommand } from './guarded-command.js';

/** All that a process may be sent, but those that mean something to this process alone, and SIGKILL and SIGSTOP. */
const FORWARDED = [
  ...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const),
  ...(['SIGALRM', 'SIGVTALRM', 'SIGWINCH', 'SIGIO', 'SIGURG'] as const),
] as const;

/**
 * Sends every signal on to the command's group. A stop goes to the command first, then to this process itself, so that
 * the shell gets its terminal back: nobody renews the lock then, and if that lasts beyond its end, the guard kills the command.
 * @param resumed is called when this process goes on, before the command does.
 * @returns what ends the forwarding.
 */
export function forwardSignals(command: GuardedCommand, resumed: () => void): () => void {
  const forward = (signal: NodeJS.Signals): void => command.signal(signal);
  const stop = (): void => {
    // Not before it can be stopped too: it must not run on unattended.
    void command.settled.then(() => {
      // Not SIGTSTP: the kernel spares groups that have no parent in their session.
      command.signal('SIGSTOP');
      process.kill(process.pid, 'SIGSTOP');
    });
  };
  const goOn = (): void => {
    resumed();
    command.signal('SIGCONT');
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  process.on('SIGTSTP', stop).on('SIGCONT', goOn);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
    process.off('SIGTSTP', stop).off('SIGCONT', goOn);
  };
}
