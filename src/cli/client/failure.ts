import type { FaultCode } from '../../core/errors.js';
import { EXIT } from '../../core/exit-codes.js';

/** Ends a command with one line on standard error. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

const NO = EXIT.no;

const EXIT_CODES: Readonly<Record<FaultCode, number>> = {
  INVALID_ARGUMENT: EXIT.usage,
  UNIMPLEMENTED: EXIT.usage,
  NOT_FOUND: NO,
  FAILED_PRECONDITION: NO,
  OUT_OF_RANGE: NO,
  ALREADY_EXISTS: NO,
  ABORTED: NO,
  DATA_LOSS: EXIT.dataErr,
  UNAVAILABLE: EXIT.unavailable,
  DEADLINE_EXCEEDED: EXIT.unavailable,
  RESOURCE_EXHAUSTED: EXIT.tempFail,
  CANCELLED: EXIT.tempFail,
  PERMISSION_DENIED: EXIT.noPerm,
  UNAUTHENTICATED: EXIT.noPerm,
  INTERNAL: EXIT.software,
};

/** The exit code and the line for what a client call threw; undefined if that is no failure of a call. */
export function failureOf(error: unknown): CommandFailure | undefined {
  if (error instanceof CommandFailure) return error;
  if (!isCallError(error)) return undefined;
  if (isNotAcquired(error)) return new CommandFailure(EXIT.tempFail, error.message);
  const hint = error.code === 'UNAVAILABLE' ? hintFor(error.message) : '';
  return new CommandFailure(EXIT_CODES[error.code], `${error.message}${hint}`);
}

function hintFor(message: string): string {
  if (!message.startsWith('no daemon answers')) return '';
  return message.includes(': its certificate is not accepted')
    ? '; name its authority with --cacert, and the daemon as its certificate does with --address'
    : '; start one with shared-lock serve, or say where it is with --address';
}

/** Somebody else held the lock for as long as one was willing to wait. */
export function isNotAcquired(error: unknown): boolean {
  return isCallError(error) && error.reason === 'NOT_ACQUIRED';
}

interface CallError extends Error {
  readonly code: FaultCode;
  readonly reason: string;
}

/** A SharedLockError, told by its name: its class comes with all of gRPC, which not every command loads. */
function isCallError(error: unknown): error is CallError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code in EXIT_CODES &&
    'reason' in error
  );
}
