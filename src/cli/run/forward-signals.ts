import { heeded } from '../inheritance.js';
import type { GuardedCommand } from './guarded-command.js';

/** What a terminal sends to all of its foreground: to this process, and to a command that shares it. */
const OF_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGWINCH'] as const;

/** All else that a process may be sent, but what means something to this process alone, and SIGKILL and SIGSTOP. */
const OTHERS = [
  ...(['SIGHUP', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const),
  ...(['SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGURG'] as const),
] as const;

/**
 * Sends every signal on to the command, but those that this process was started to ignore. A stop goes to the command first,
 * then to this process itself, so that the shell goes on: nobody renews the lock then, and if that lasts beyond its end, the guard
 * kills the command.
 *
 * A command that shares the terminal has had the terminal's signals already, stops and goes on with this process, and with
 * all others of its pipeline.
 * @param resumed is called when this process goes on, before the command does.
 * @returns what ends the forwarding.
 */
export function forwardSignals(
  command: GuardedCommand,
  sharesTerminal: boolean,
  resumed: () => void,
): () => void {
  const listeners = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => void>();
  const forward = (signal: NodeJS.Signals): void => command.signal(signal);
  for (const signal of heeded(OTHERS)) listeners.set(signal, forward);
  for (const signal of heeded(OF_TERMINAL)) {
    listeners.set(signal, sharesTerminal ? () => undefined : forward);
  }
  if (!sharesTerminal) {
    for (const signal of heeded(['SIGTSTP'])) listeners.set(signal, () => stopBoth(command));
  }
  listeners.set('SIGCONT', () => {
    resumed();
    if (!sharesTerminal) command.signal('SIGCONT');
  });
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}

function stopBoth(command: GuardedCommand): void {
  // Not before it can be stopped too: it must not run on unattended.
  void command.settled.then(() => {
    // Not SIGTSTP: the kernel spares groups that have no parent in their session.
    command.signal('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
}
