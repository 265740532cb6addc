import { EXIT } from '../core/exit-codes.js';
import { visible } from '../core/visible.js';

/**
 * What an error that nobody foresaw says to a person: one line; with SHARED_LOCK_DEBUG, as the daemon has it, its stack.
 * @param what did not work, such as `the command`.
 */
export function defectText(error: unknown, what: string): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  const line = visible(message.replace(/\s*\n\s*/g, ' '));
  const isDebug = /^(?:1|t|true)$/i.test(process.env.SHARED_LOCK_DEBUG ?? '');
  const stack = isDebug && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  const hint = isDebug ? '' : ' (SHARED_LOCK_DEBUG=true shows where)';
  return `shared-lock: ${what} ended because of a defect: ${line}${hint}${stack}\n`;
}

/** From now on an error that nobody caught ends the process in one line, with exit code 70. */
export function endAtDefects(what: string): void {
  const end = (error: unknown): void => {
    process.stderr.write(defectText(error, what));
    process.exit(EXIT.software);
  };
  process.on('uncaughtException', end).on('unhandledRejection', end);
}
