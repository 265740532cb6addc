import type { FaultCode } from '../../core/errors.js';
import type { Descriptors } from '../../protocol/descriptors.js';
import type { ReportDefect } from '../../protocol/status.js';
import type { Audit } from '../access/audit.js';
import type { Guard } from '../access/guard.js';
import type { Admission } from '../admission/admission.js';
import type { CallSet } from './call-scope.js';
import type { HandlerTable, Wire } from './call.js';
import type { Subject } from './subject.js';

/** What both servers are built of. */
export interface WireOptions {
  readonly descriptors: Descriptors;
  readonly handlers: HandlerTable;
  readonly clock: WireClock;
  readonly observer: WireObserver;
  /** One for both servers. */
  readonly admission: Admission;
  /** Who calls, and whether they may. One for both servers; the handlers are behind it already. Undefined: everybody may do anything. */
  readonly guard?: Guard | undefined;
  /** Is told of what routes do; the handlers tell it themselves. */
  readonly audit: Audit;
  /** Undefined: no TLS. */
  readonly tls?: TlsMaterial;
}

/** The part of a Clock that the servers use (`src/clock/clock.ts`). */
export interface WireClock {
  now(): number;
  wall(): number;
  timer(delayMs: number, callback: () => void): { cancel(): void };
}

/** Is told of every request once it is over. */
export interface WireObserver {
  /** For the access log. */
  access(entry: AccessEntry): void;
  /** For metrics. Only calls of known methods, so that no user's text is a label. */
  rpc(observation: RpcObservation): void;
  /** For the log: a caller came with TLS, or should have, and got no further. */
  handshake(failure: HandshakeFailure): void;
  /** For the log: an error that nobody threw on purpose. Returns the reference that the caller is shown. */
  readonly defect: ReportDefect;
}

/** One line of the access log: the same for both wires. Holds no path and no query, which can hold a lease ID. */
export interface AccessEntry extends Subject {
  readonly wire: Wire;
  /** `sharedlock.v1.LockService/Acquire`; `GET /readyz` for what is no RPC; `(none)` where nothing is. */
  readonly method: string;
  /** Address and port of the other end of the connection; `unix` on a Unix socket. */
  readonly peer: string;
  readonly code: StatusName;
  /** Absent on gRPC. */
  readonly httpStatus?: number;
  readonly durationMs: number;
  /** Of the answer's body or messages. */
  readonly bytes: number;
  /** Of a fault: its word for programs. */
  readonly reason?: string;
  /** Of a fault: what the caller was told. */
  readonly error?: string;
}

export interface HandshakeFailure {
  readonly wire: Wire;
  /** Address and port of the other end. */
  readonly peer: string;
  readonly reason: string;
}

/** What went wrong with a request, as its caller was told. */
export interface Trouble {
  readonly code: FaultCode;
  readonly reason?: string | undefined;
  readonly message: string;
}

/** The fields of an access line that tell of it. */
export function troubleFields({ reason, message }: Trouble): Pick<AccessEntry, 'reason' | 'error'> {
  return { ...(reason === undefined ? {} : { reason }), error: message };
}

export type StatusName = 'OK' | FaultCode;

export interface RpcObservation {
  readonly service: string;
  readonly method: string;
  readonly wire: Wire;
  readonly code: StatusName;
  readonly seconds: number;
}

/** PEM texts. */
export interface TlsMaterial {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** If given, callers must show a certificate that one of these has signed. */
  readonly clientCa?: Buffer;
  /** Callers may also show no certificate. One that is not signed so is refused in any case, when they ask for something. */
  readonly isClientOptional?: boolean;
}

/** Who may open a Unix socket. */
export interface SocketAccess {
  /** Permission bits: to connect takes that to write. */
  readonly mode: number;
  /** The group that it belongs to; undefined: as the folder has it. */
  readonly groupId: number | undefined;
}

export interface WireServer {
  /** Those under way. */
  readonly calls: CallSet;
  /**
   * Port 0 takes any free one. @returns the port that it listens on.
   * @throws ListenError if the address can't be had.
   */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  /**
   * Listens also on a Unix socket, once; after `listen`. Without TLS.
   * @param access who may open it. Default: this user only.
   * @throws ListenError as `UnixListener.open` has it.
   */
  listenUnix(path: string, access?: SocketAccess): Promise<void>;
  /**
   * From now on new connections get this. What is not valid PEM is refused, and the old stays in use.
   * @throws Error that says what is wrong with it.
   */
  reloadTls(material: TlsMaterial): void;
  /**
   * Ends streams at once and takes no new connections; other requests have `graceMs` to finish, then they
   * are aborted. Never takes much longer.
   */
  stop(graceMs: number): Promise<void>;
}

/**
 * The address can't be listened on. `code` is Node's: EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOTFOUND; of a Unix
 * socket also EEXIST, ENOENT, EROFS, ENAMETOOLONG.
 */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;

  /** @param where such as `127.0.0.1, port 8080`, or the path of a socket. */
  constructor(code: string, where: string, cause: unknown) {
    super(`can't listen on ${where}: ${code}`, { cause });
    this.code = code;
  }
}

/** @param error what Node threw. */
export function listenError(error: unknown, where: string): ListenError {
  if (error instanceof ListenError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
  return new ListenError(code, where, error);
}
