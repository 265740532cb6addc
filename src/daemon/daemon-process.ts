export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** What the daemon needs of the process that it runs in. The command line passes it in. */
export interface DaemonProcess {
  readonly pid: number;
  /** Whether a person reads the log, and what `err` writes. */
  readonly isTerminal: boolean;
  /** Called once the daemon is ready. */
  ready(): void;
  /** Text for people, at once. */
  err(text: string): void;
  /** Called at each signal that asks for an end: SIGTERM, SIGINT, and SIGHUP if there is a terminal that can hang up. */
  onStopSignal(listener: (signal: StopSignal) => void): void;
  /** Called at each SIGHUP where there is no such terminal: by custom it asks a daemon to read its files again. */
  onReloadSignal(listener: () => void): void;
  /** Called with an error that nobody caught. */
  onDefect(listener: (error: unknown) => void): void;
  exit(code: number): never;
}
