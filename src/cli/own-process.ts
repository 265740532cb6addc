import type { DaemonProcess, StopSignal } from '../daemon/daemon-process.js';
import { heeded, INHERITED } from './inheritance.js';
import { hasControllingTerminal } from './terminal.js';
import type { Terminal } from './terminal.js';

/**
 * What the daemon needs of this process. From now on no signal ends it that asks for something else: SIGUSR1, SIGUSR2,
 * and SIGHUP without a terminal.
 */
export function ownProcess(terminal: Terminal, ready: () => void): DaemonProcess {
  // Now: once it has hung up, there is none.
  const isAtTerminal = hasControllingTerminal() && !INHERITED.ignored.has('SIGHUP');
  const stopSignals = heeded<StopSignal>(
    isAtTerminal ? ['SIGTERM', 'SIGINT', 'SIGHUP'] : ['SIGTERM', 'SIGINT'],
  );
  // Those that come before the daemon listens are told it then: PID 1 of a container would not even end by them.
  const early: StopSignal[] = [];
  let told = (signal: StopSignal): void => void early.push(signal);
  for (const signal of stopSignals) {
    process.on(signal, () => {
      told(signal);
    });
  }
  const ignored = isAtTerminal ? [] : (['SIGHUP'] as const);
  for (const signal of ['SIGUSR1', 'SIGUSR2', ...ignored] as const) {
    process.on(signal, () => undefined);
  }
  return {
    pid: process.pid,
    isTerminal: terminal.isTerminal,
    ready,
    err: (text) => {
      terminal.err(text);
    },
    onStopSignal: (listener) => {
      told = listener;
      for (const signal of early.splice(0)) listener(signal);
    },
    onReloadSignal: (listener) => {
      if (!isAtTerminal) process.on('SIGHUP', listener);
    },
    onDefect: (listener) => {
      // Before that of the command line, which logs nothing: the first one ends the process.
      process.prependListener('uncaughtException', listener);
      process.prependListener('unhandledRejection', listener);
    },
    exit: (code) => process.exit(code),
  };
}
