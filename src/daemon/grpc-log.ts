import { logVerbosity, setLogger, setLogVerbosity } from '@grpc/grpc-js';
import type { Logger } from '../telemetry/logger.js';

/**
 * grpc-js prints its errors to standard error by itself; callers and the start are told of them anyway. They go
 * to the log, for debugging. There is one such setting for the whole process.
 */
export function quietGrpc(logger: Logger): void {
  const log = (...parts: unknown[]): void => {
    logger.debug('grpc-js', { detail: parts.map(String).join(' ') });
  };
  setLogger({ error: log, info: log, debug: log });
  setLogVerbosity(logVerbosity.ERROR);
}
