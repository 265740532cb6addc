import { CommanderError } from 'commander';
import { ConfigError } from '../config/config.js';
import { EXIT } from '../core/exit-codes.js';
import { defectText } from './defect.js';
import { makeProgram } from './program.js';
import type { Finish, Terminal } from './terminal.js';

/**
 * Runs one command line, without the program's name. Never rejects.
 * @param ready is called once a daemon is ready.
 * @returns the exit code.
 */
export async function main(
  args: readonly string[],
  terminal: Terminal,
  ready: () => void = () => undefined,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  const finish: Finish = (code) => {
    exitCode = code;
  };
  try {
    const program = await makeProgram({ terminal, finish, ready }, args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const problem of error.problems) terminal.err(`shared-lock: ${problem}\n`);
      return EXIT.config;
    }
    if (!(error instanceof CommanderError)) {
      terminal.err(defectText(error, 'the command'));
      return EXIT.software;
    }
    // commander has said it already. Without a command it shows the help, as an error.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return exitCode;
}
