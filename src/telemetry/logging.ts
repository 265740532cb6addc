import { basename, dirname } from 'node:path';
import { pino, stdTimeFunctions } from 'pino';
import { visible } from '../core/visible.js';
import { LogFile } from './log-file.js';
import type { LogFields, Logger, LogLevel } from './logger.js';
import { redact } from './redact.js';
import type { LineOutput } from './line-output.js';
import { StandardOutput } from './standard-output.js';

export interface LoggingOptions {
  readonly level: LogLevel | 'silent';
  /** Undefined: standard output only. */
  readonly files:
    { readonly dir: string; readonly maxBytes: number; readonly backupCount: number } | undefined;
  /** The audit's file. Absent: it has none. */
  readonly audit?: {
    readonly path: string;
    readonly maxBytes: number;
    readonly backupCount: number;
  };
  /** Default: standard output. */
  readonly output?: LineOutput;
}

export interface Logging {
  readonly logger: Logger;
  /** The same without standard output: nothing, if no folder is set. */
  readonly filesOnly: Logger;
  /** One line a request, in access.log and on standard output. Takes names of methods and routes, never URLs. */
  access(level: LogLevel, fields: LogFields): void;
  /** A line of the audit: in the log, and, whatever its level, in a file of its own if one is set. */
  readonly audit: (action: string, facts: LogFields) => void;
  /** Writes out what is buffered for standard output, at once. */
  flushSync(): void;
  /** Opens the files anew: somebody else has moved them away. */
  reopen(): void;
  /** Writes out everything and closes the files. */
  close(): Promise<void>;
}

/** The program's log: JSON lines on standard output, and in files if a folder is set. */
export function createLogging(options: LoggingOptions): Logging {
  const { level } = options;
  const output = options.output ?? new StandardOutput();
  const toOutput = createLogger(level, [output]);
  // A failure of the files is reported on standard output alone.
  const report = (message: string, fields: LogFields): void => {
    toOutput.warn(message, fields);
  };
  const open = (name: string): LogFile[] =>
    options.files === undefined ? [] : [new LogFile({ ...options.files, name, report })];
  const appFiles = open('app.log');
  const accessFiles = open('access.log');
  const auditFiles = auditFilesOf(options.audit, report);
  const accessLogger = createLogger(level, [output, ...accessFiles]);
  const logger = createLogger(level, [output, ...appFiles]);
  const auditLogger = createLogger('info', auditFiles);
  return {
    logger,
    filesOnly: createLogger(level, appFiles),
    access: (level, fields) => {
      accessLogger.log(level, 'request', fields);
    },
    audit: (action, facts) => {
      logger.warn('audit', { action, ...facts });
      if (auditFiles.length > 0) auditLogger.warn('audit', { action, ...facts });
    },
    flushSync: () => {
      output.flushSync();
    },
    reopen: () => {
      for (const file of [...appFiles, ...accessFiles, ...auditFiles]) file.reopen();
    },
    close: async () => {
      await Promise.all([...appFiles, ...accessFiles, ...auditFiles].map((file) => file.close()));
      await output.close();
    },
  };
}

function auditFilesOf(
  audit: LoggingOptions['audit'],
  report: (message: string, fields: LogFields) => void,
): LogFile[] {
  if (audit === undefined) return [];
  const { path, ...rest } = audit;
  return [new LogFile({ ...rest, dir: dirname(path), name: basename(path), report })];
}

function createLogger(
  level: LoggingOptions['level'],
  outputs: readonly { write(line: string): void }[],
): Logger {
  const target = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
    },
    {
      write: (line) => {
        // JSON leaves some characters as they are that can't be seen: a name must not look like another.
        const plain = `${visible(line.trimEnd())}\n`;
        for (const output of outputs) output.write(plain);
      },
    },
  );
  const log = (at: LogLevel, message: string, fields: LogFields = {}): void => {
    target[at](fields, message);
  };
  return {
    log,
    debug: (message, fields) => {
      log('debug', message, fields);
    },
    info: (message, fields) => {
      log('info', message, fields);
    },
    warn: (message, fields) => {
      log('warn', message, fields);
    },
    error: (message, fields) => {
      log('error', message, fields);
    },
  };
}
