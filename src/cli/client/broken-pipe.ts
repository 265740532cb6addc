import { EXIT } from '../../core/exit-codes.js';
import { exitCodeOfSignal } from './interrupt.js';

/**
 * Ends the process when its results can't be written: quietly, as other programs do, if their reader has gone, as in
 * `... | head`. @returns what undoes it.
 */
export function endWithoutReader(): () => void {
  const listener = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') process.exit(exitCodeOfSignal('SIGPIPE'));
    process.stderr.write(`shared-lock: standard output: ${error.message}\n`);
    process.exit(EXIT.ioErr);
  };
  process.stdout.on('error', listener);
  return () => void process.stdout.off('error', listener);
}
