/**
 * Faults: everything that is not an answer. An outcome ("somebody else holds it") is a result instead.
 * The names are those of google.rpc.Code, so that one table maps them to both wires.
 */
export type FaultCode =
  | 'CANCELLED'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED';

/** What a program may want to know beside the message. */
export interface FaultDetails {
  /** Request field that was wrong, as the .proto files spell it (`lease_id`). */
  readonly field?: string;
  /** One stable word for programs, in upper snake case: `QUEUE_FULL`, `COMPACTED`. Absent: that of `reasonOf`. */
  readonly reason?: string;
  /** Facts that go with the reason, e.g. the revision to resume from. Never a lease ID. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** When it makes sense to ask again, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The one error that services and stores throw on purpose. Anything else is a defect and answers INTERNAL. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly details: FaultDetails;

  constructor(code: FaultCode, message: string, details: FaultDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** A request field that can't be read or is out of bounds. The message says what would be right. */
export function invalid(field: string, message: string): Fault {
  return new Fault('INVALID_ARGUMENT', `${field}: ${message}`, { field });
}

/** Made once: callers may renew thousands, and to write down where a fault was made takes long. */
const LEASE_NOT_FOUND = new Fault(
  'NOT_FOUND',
  'no such lease: it has expired, was revoked, or never was',
  { reason: 'LEASE_NOT_FOUND' },
);

/** The lease is unknown, expired or revoked; the three can't be told apart. Names no lease ID. */
export function leaseNotFound(): Fault {
  return LEASE_NOT_FOUND;
}

/** Granting a lease again meets itself, but it does not get longer. Names no lease ID. */
export function shorterLeaseExists(): Fault {
  return new Fault('ALREADY_EXISTS', 'a lease with this id and a shorter TTL exists already');
}

/** The lease was ended together with the lock that it was made for. */
export function leasePreempted(reason: string): Fault {
  return new Fault('NOT_FOUND', `the lease has ended: an operator took its lock away: ${reason}`, {
    reason: 'PREEMPTED',
  });
}

/** The store did not answer, or can't be asked. Says nothing about what was asked. */
export function unavailable(message: string, cause?: unknown, reason = 'STORE_UNAVAILABLE'): Fault {
  return new Fault('UNAVAILABLE', message, { reason, retryAfterMs: 1000 }, cause);
}

/** This daemon is about to end: another one does what was asked. */
export function daemonStopping(message: string): Fault {
  return new Fault('UNAVAILABLE', message, { reason: 'STOPPING', retryAfterMs: 1000 });
}

/** Why a call ends with a connection that is too old. What it holds is left as it is, to be gone on with. */
export function connectionAged(): Fault {
  return new Fault('UNAVAILABLE', 'this connection is too old: go on over a new one', {
    reason: 'CONNECTION_AGED',
  });
}

/** What a fault without a reason of its own is for programs: so each has one, whatever else is known of it. */
const REASONS: Readonly<Record<FaultCode, string>> = {
  CANCELLED: 'CALLER_GONE',
  INVALID_ARGUMENT: 'INVALID_REQUEST',
  DEADLINE_EXCEEDED: 'DEADLINE_PASSED',
  NOT_FOUND: 'NOT_FOUND',
  ALREADY_EXISTS: 'ALREADY_EXISTS',
  PERMISSION_DENIED: 'NOT_ALLOWED',
  RESOURCE_EXHAUSTED: 'TOO_MANY_REQUESTS',
  FAILED_PRECONDITION: 'CONDITION_FAILED',
  ABORTED: 'CONTENTION',
  OUT_OF_RANGE: 'OUT_OF_RANGE',
  UNIMPLEMENTED: 'UNIMPLEMENTED',
  INTERNAL: 'DEFECT',
  UNAVAILABLE: 'UNAVAILABLE',
  DATA_LOSS: 'DATA_DAMAGED',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
};

/** The word for programs that every fault has. */
export function reasonOf({ code, details }: Pick<Fault, 'code' | 'details'>): string {
  if (details.reason !== undefined) return details.reason;
  return code === 'INVALID_ARGUMENT' && details.field !== undefined
    ? 'INVALID_FIELD'
    : REASONS[code];
}

export function isFault(error: unknown, code?: FaultCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code);
}
