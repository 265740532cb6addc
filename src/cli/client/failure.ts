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

/** The exit code and the line for what a command threw; undefined if nobody foresaw it: a defect. */
export function failureOf(error: unknown): CommandFailure | undefined {
  if (error instanceof CommandFailure) return error;
  // What went wrong first is what the command was about; what is wrong with giving something back comes after.
  if (isSuppressed(error)) return failureOf(error.suppressed);
  if (isLoss(error)) {
    const isOutOfReach = error.why.kind === 'UNREACHABLE';
    return new CommandFailure(isOutOfReach ? EXIT.unavailable : EXIT.tempFail, error.message);
  }
  if (isSystemError(error)) return new CommandFailure(EXIT.osErr, error.message);
  if (!isCallError(error)) return undefined;
  if (isNotAcquired(error)) return new CommandFailure(EXIT.tempFail, error.message);
  return new CommandFailure(EXIT_CODES[error.code], `${error.message}${hintFor(error)}`);
}

function hintFor({ code, reason, message }: CallError): string {
  if (reason === 'CREDENTIALS_MISSING') return ', with --token-file, or --cert and --key';
  if (code !== 'UNAVAILABLE' || !message.startsWith('no daemon answers')) return '';
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

/** What `using` throws if giving back fails as well. */
function isSuppressed(error: unknown): error is { readonly suppressed: unknown } {
  return error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error;
}

/** A LeaseLostError: the lease of a wait ended, or could not be renewed. */
function isLoss(error: unknown): error is Error & { readonly why: { readonly kind: string } } {
  if (!(error instanceof Error) || !/^(?:Lease|Lock)LostError$/.test(error.name)) return false;
  const why: unknown = 'why' in error ? error.why : undefined;
  return typeof why === 'object' && why !== null && 'kind' in why;
}

/** The system refused something, such as another process or another open file. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'syscall' in error;
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
