import type { DaemonProcess } from '../daemon/daemon-process.js';
import type { Terminal } from './terminal.js';

/** What the daemon needs of this process. */
export function ownProcess(terminal: Terminal): DaemonProcess {
  return {
    pid: process.pid,
    isTerminal: terminal.isTerminal,
    err: (text) => {
      terminal.err(text);
    },
    onStopSignal: (listener) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.on(signal, () => {
          listener(signal);
        });
      }
    },
    onDefect: (listener) => {
      process.on('uncaughtException', listener);
      process.on('unhandledRejection', listener);
    },
    exit: (code) => process.exit(code),
  };
}
