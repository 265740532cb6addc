import type { AccessEntry } from '../server/handlers/wire.js';
import type { LogLevel } from '../telemetry/logger.js';

/** Asked every few seconds by machines, which see themselves what is answered. */
const PROBE = /^(?:(?:GET|HEAD) \/(?:livez|readyz|health|metrics)$|grpc\.health\.v1\.Health\/)/;

/** What an operator has to look at stands out: a defect is an error, and what was not served a warning. */
export function accessLevel({ code, method }: Pick<AccessEntry, 'code' | 'method'>): LogLevel {
  if (code === 'INTERNAL' || code === 'DATA_LOSS') return 'error';
  if (PROBE.test(method)) return 'debug';
  return code === 'UNAVAILABLE' ? 'warn' : 'info';
}
