/** What the daemon needs of the process that it runs in. The command line passes it in. */
export interface DaemonProcess {
  readonly pid: number;
  /** Whether a person reads the log, and what `err` writes. */
  readonly isTerminal: boolean;
  /** Text for people, at once. */
  err(text: string): void;
  /** Called at each SIGTERM and SIGINT. */
  onStopSignal(listener: (signal: 'SIGTERM' | 'SIGINT') => void): void;
  /** Called with an error that nobody caught. */
  onDefect(listener: (error: unknown) => void): void;
  exit(code: number): never;
}
