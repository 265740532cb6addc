import { exitCodeOfSignal, Interrupted } from '../client/interrupt.js';
import { hasControllingTerminal } from '../terminal.js';

const INTERRUPTED = exitCodeOfSignal('SIGINT');

/**
 * How a process ends whose work Ctrl-C ended: by SIGINT, as the command would without it. A shell shows the same exit code, and
 * knows that its own loop, or script, is meant too.
 * @param interrupted aborts with a signal to this process.
 * @returns the code, if it is to end with that.
 */
export function endAtTerminal(code: number, interrupted: AbortSignal | undefined): number {
  const reason: unknown = interrupted?.reason;
  const isMeant = reason instanceof Interrupted && reason.exitCode === INTERRUPTED;
  if (code !== INTERRUPTED || !isMeant || !hasControllingTerminal()) return code;
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
  return code;
}
