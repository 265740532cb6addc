import { EXIT } from '../../core/exit-codes.js';
import { exitCodeOfSignal } from '../client/interrupt.js';

/** As shells have them. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  /** It could not be run; `code` is the system's, e.g. ENOENT. */
  | { readonly kind: 'failed'; readonly code: string }
  /** The guard is gone, and so the command was killed. */
  | { readonly kind: 'unguarded' };

/** Whether an exit code says that there is no such command, or that it can't be run. */
export function isNotRun(exitCode: number): boolean {
  return exitCode === NOT_FOUND || exitCode === NOT_EXECUTABLE;
}

/** The exit code that stands for an end. What is not the command's own is told. */
export function exitCodeOf(
  end: CommandEnd,
  words: readonly string[],
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
      tell(failure(end.code, words));
      return end.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE;
  }
}

function failure(code: string, [command = '', ...args]: readonly string[]): string {
  if (code !== 'ENOENT')
    return `${command}: can't be executed (${code}); is it a program, and are you allowed to?`;
  const isLine = args.length === 0 && /\s/.test(command);
  const hint = isLine
    ? "a line for the shell goes behind -c, as in -c 'echo hi'"
    : 'look at its spelling, and at PATH';
  return `${command}: there is no such command; ${hint}`;
}
