#!/usr/bin/env node
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCompiled } from '../src/cli/launch/compiled.js';
import type { start } from '../src/cli/start.js';

// Without a listener Node.js opens its debugger to whoever is on this machine.
process.on('SIGUSR1', () => undefined);

const words = process.argv.slice(2);
// Both are made of `start` (scripts/build.mjs): one with the daemon and its stores, and one without, of a third of the size.
const isDaemon = words.some((word) => /^(?:serve|backup|restore)$/.test(word));
const file = join(
  fileURLToPath(new URL('.', import.meta.url)),
  isDaemon ? 'daemon.js' : 'client.js',
);
const program = runCompiled(file);
if (!isDaemon) process.once('exit', program.keep);
void (program.exports as { readonly start: typeof start }).start(words, program.keep);
