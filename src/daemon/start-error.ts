import { isFault, type FaultCode } from '../core/errors.js';
import { EXIT, type ExitCode } from '../core/exit-codes.js';
import { ListenError } from '../server/handlers/wire.js';

/** The daemon can't start. The message is one line that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** Of a failed precondition, by its reason. To try again is of use only while another process has the folder. */
const REASON_EXIT: Readonly<Partial<Record<string, ExitCode>>> = {
  FOLDER_IN_USE: EXIT.tempFail,
  OLDER_COPY: EXIT.dataErr,
  UNKNOWN_FORMAT: EXIT.dataErr,
  HAS_DATA: EXIT.no,
};

const FAULT_EXIT: Readonly<Partial<Record<FaultCode, ExitCode>>> = {
  NOT_FOUND: EXIT.no,
  DATA_LOSS: EXIT.dataErr,
  UNAVAILABLE: EXIT.unavailable,
  RESOURCE_EXHAUSTED: EXIT.ioErr,
};

const SYSTEM_EXIT: Readonly<Record<string, ExitCode>> = {
  EACCES: EXIT.noPerm,
  EPERM: EXIT.noPerm,
  EROFS: EXIT.cantCreat,
  ENOTDIR: EXIT.cantCreat,
  EEXIST: EXIT.cantCreat,
  ENOENT: EXIT.cantCreat,
  ENOSPC: EXIT.ioErr,
  EDQUOT: EXIT.ioErr,
  EFBIG: EXIT.ioErr,
  EIO: EXIT.ioErr,
};

/** Why the storage could not be opened. `remedy` says what the operator can set. */
export function storageFailure(error: unknown, remedy: string): unknown {
  if (isFault(error)) {
    if (error.details.reason === 'FOLDER_ACCESS') {
      return new StartError(EXIT.noPerm, `${oneLine(error.message)}: ${remedy}`, error);
    }
    const { code, details, message } = error;
    const exitCode = REASON_EXIT[details.reason ?? ''] ?? FAULT_EXIT[code] ?? EXIT.software;
    return new StartError(exitCode, oneLine(message), error);
  }
  const code = systemCode(error);
  const exitCode = code === undefined ? undefined : SYSTEM_EXIT[code];
  if (exitCode === undefined) return error;
  return new StartError(exitCode, `${oneLine(messageOf(error))}: ${remedy}`, error);
}

/** Why an address can't be listened on. */
export function listenFailure(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
  setting: { readonly env: string; readonly flag: string },
): unknown {
  if (!(error instanceof ListenError)) return error;
  const change = `set ${setting.env} (--${setting.flag}) to another port`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        EXIT.osErr,
        `port ${port} of ${host} is in use: stop what listens there, or ${change}`,
        error,
      );
    case 'EACCES':
      return new StartError(
        EXIT.noPerm,
        `this user may not listen on port ${port}: ${change}, above 1023`,
        error,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return new StartError(
        EXIT.config,
        `${host} is no address of this machine: set SHARED_LOCK_SERVER_HOST (--host), ` +
          'such as 127.0.0.1, or 0.0.0.0 for all',
        error,
      );
    default:
      return new StartError(EXIT.osErr, oneLine(error.message), error);
  }
}

/** Why a Unix socket can't be had. */
export function socketFailure(error: unknown, path: string, setting: string): unknown {
  if (!(error instanceof ListenError)) return error;
  const [exitCode, message] = socketProblem(error, path, setting);
  return new StartError(exitCode, message, error);
}

function socketProblem(
  { code, message }: ListenError,
  path: string,
  setting: string,
): readonly [ExitCode, string] {
  switch (code) {
    case 'EADDRINUSE':
      return [
        EXIT.osErr,
        `another process listens on ${path}: stop it, or set ${setting} to another path`,
      ];
    case 'EEXIST':
      return [
        EXIT.cantCreat,
        `${path} is there and is no socket: remove it, or set ${setting} to another path`,
      ];
    case 'ENAMETOOLONG':
      return [
        EXIT.config,
        `${path} is too long for a socket: set ${setting} to a path of at most 107 bytes in a folder of ` +
          'at most 94',
      ];
    case 'EGROUP':
      return [
        EXIT.noPerm,
        `this user may not give ${path} to the group of SHARED_LOCK_SOCKET_GROUP: it has to be in that group`,
      ];
    case 'ENOENT':
    case 'ENOTDIR':
      return [
        EXIT.cantCreat,
        `the folder of ${path} is not there: make it, or set ${setting} to a path in another one`,
      ];
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return [
        EXIT.noPerm,
        `this user may not make a socket at ${path}: let it write to that folder, or set ${setting} ` +
          'to a path in another one',
      ];
    default:
      return [EXIT.osErr, oneLine(message)];
  }
}

export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The text without its line breaks. */
export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
