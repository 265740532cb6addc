#!/usr/bin/env node
import { main } from '../src/cli/main.js';
import { processTerminal } from '../src/cli/terminal.js';

process.exitCode = await main(process.argv.slice(2), processTerminal());
