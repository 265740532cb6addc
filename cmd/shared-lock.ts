#!/usr/bin/env node
import { endAtDefects } from '../src/cli/defect.js';
import { ignoreAsInherited } from '../src/cli/inheritance.js';
import { main } from '../src/cli/main.js';
import { processTerminal } from '../src/cli/terminal.js';
import { untilDone } from '../src/cli/until-done.js';

endAtDefects('the command');
ignoreAsInherited();
// Without a listener Node.js opens its debugger to whoever is on this machine.
process.on('SIGUSR1', () => undefined);
process.exitCode = await untilDone(main(process.argv.slice(2), processTerminal()));
