import { endAtDefects } from './defect.js';
import { ignoreAsInherited } from './inheritance.js';
import { main } from './main.js';
import { processTerminal } from './terminal.js';
import { untilDone } from './until-done.js';

/** The program: runs one command line in this process. @param ready is called once a daemon is ready. */
export async function start(words: readonly string[], ready: () => void): Promise<void> {
  endAtDefects('the command');
  ignoreAsInherited();
  process.exitCode = await untilDone(main(words, processTerminal(), ready));
}
