/** Facts beside a message. Anything under a key such as `leaseId` or `request_id` is struck out, at any depth. */
export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Where the program's messages go. Passed in, never global. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** An error goes under the field `err`: its stack is written too. */
  error(message: string, fields?: LogFields): void;
}
