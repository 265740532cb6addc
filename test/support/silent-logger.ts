import type { Logger } from '../../src/telemetry/logger.js';

/** Logs nothing. */
export const SILENT: Logger = {
  log: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
