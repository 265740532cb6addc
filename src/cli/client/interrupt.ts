import { constants } from 'node:os';
import { heeded } from '../inheritance.js';
import { failureOf } from './failure.js';

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Somebody ended the command from outside. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** As a shell shows it: 128 and the signal's number. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.exitCode = exitCodeOfSignal(signal);
  }
}

export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Runs work that a signal to this process shall end, unless it was started to ignore that signal: it aborts `signal`, with an `Interrupted` as its reason. A second
 * one ends the process as ever.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const listener = (signal: NodeJS.Signals): void => {
    forget();
    controller.abort(new Interrupted(signal));
  };
  const stopping = heeded(STOPPING);
  const forget = (): void => {
    for (const signal of stopping) process.off(signal, listener);
  };
  for (const signal of stopping) process.on(signal, listener);
  try {
    return await work(controller.signal);
  } catch (error) {
    // It failed because it was ended, whatever the failure says.
    if (failureOf(error) !== undefined) controller.signal.throwIfAborted();
    throw error;
  } finally {
    forget();
  }
}
