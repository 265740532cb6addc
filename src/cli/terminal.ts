import { closeSync, openSync } from 'node:fs';
import { EXIT } from '../core/exit-codes.js';
import { exitCodeOfSignal } from './client/interrupt.js';

/** Where a command writes. Results go out, messages for people go to err. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person reads both. */
  readonly isTerminal: boolean;
  /** Whether a person reads err. */
  readonly isErrTerminal: boolean;
}

/** A command that does not end well says so on err, and ends the program with this. */
export type Finish = (exitCode: number) => void;

/** The terminal, or whatever else, that this process was started at. */
export function processTerminal(): Terminal {
  process.stdout.on('error', (error: Error) => {
    endUnheard(error);
  });
  // A message that nobody can read is no reason to stop what is done.
  process.stderr.on('error', () => undefined);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY && process.stderr.isTTY,
    isErrTerminal: process.stderr.isTTY,
  };
}

/** Nobody gets the results: `| head` has seen enough, or the disk is full. */
function endUnheard(error: Error): never {
  if ('code' in error && error.code === 'EPIPE') process.exit(exitCodeOfSignal('SIGPIPE'));
  process.stderr.write(`shared-lock: standard output: ${error.message}\n`);
  process.exit(EXIT.ioErr);
}

/** Whether a terminal sends this process signals, such as SIGHUP when it goes. It need not be where the output goes. */
export function hasControllingTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    // ENXIO: there is none. Elsewhere there is no such file.
    return false;
  }
}

/** Node.js puts a terminal back as it found it at its start. From now on it does not: a command may have changed it on purpose. */
export function leaveTerminalAsItIs(): void {
  process.once('exit', () => {
    for (const descriptor of [0, 1, 2]) closeIfOpen(descriptor);
  });
}

function closeIfOpen(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // It was started without it.
  }
}
