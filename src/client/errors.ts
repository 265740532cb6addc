import { reasonOf } from '../core/errors.js';
import type { Fault, FaultCode } from '../core/errors.js';
import type { LossCause } from '../core/lease-state.js';
import type { FencingToken, Holder } from '../core/lock.js';

/**
 * A call that failed. What was asked may have been done all the same if the code is UNAVAILABLE or
 * DEADLINE_EXCEEDED: the client has repeated it, as far as that is safe, until its time was over.
 */
export class SharedLockError extends Error {
  override readonly name: string = 'SharedLockError';
  /**
   * By the names of google.rpc.Code. Any call may end with INVALID_ARGUMENT (see `field`), RESOURCE_EXHAUSTED (a limit is
   * reached: see `reason`), UNAVAILABLE (no daemon, or not its storage, can be reached), DEADLINE_EXCEEDED, CANCELLED (the
   * client was closed), UNAUTHENTICATED and PERMISSION_DENIED (who calls is not known, or may not), INTERNAL (a defect, with a
   * reference into the daemon's log) or DATA_LOSS (what is stored is damaged).
   */
  readonly code: FaultCode;
  /** One stable word for programs, such as `QUEUE_FULL`. */
  readonly reason: string;
  /** The option that was wrong, or the field of the request, as the .proto files spell it. */
  readonly field: string | undefined;
  /** Facts that go with the reason. */
  readonly metadata: Readonly<Record<string, string>>;
  /** After so many milliseconds it makes sense to ask again; undefined if nothing is known of that. */
  readonly retryAfterMs: number | undefined;

  /** @internal */
  constructor(fault: Pick<Fault, 'code' | 'message' | 'details'>, cause?: unknown) {
    super(fault.message, cause === undefined ? undefined : { cause });
    this.code = fault.code;
    this.reason = reasonOf(fault);
    this.field = fault.details.field;
    this.metadata = fault.details.metadata ?? {};
    this.retryAfterMs = fault.details.retryAfterMs;
  }
}

/**
 * Somebody else held the lock, or led the election, for as long as the caller was willing to wait. Its `code` is
 * DEADLINE_EXCEEDED, its `reason` NOT_ACQUIRED.
 */
export class NotAcquiredError extends SharedLockError {
  override readonly name = 'NotAcquiredError';
  /** Of the lock, or the election. */
  readonly lockName: string;
  /** Who holds it; empty if only waiters were before the caller. */
  readonly holders: readonly Holder[];

  /** @internal */
  constructor(lockName: string, title: string, holders: readonly Holder[]) {
    const owners = holders.map(({ owner }) => owner || 'somebody without a name').join(', ');
    super({
      code: 'DEADLINE_EXCEEDED',
      message: `${title} was not acquired in time: ${
        owners === '' ? 'others wait for it' : `it is held by ${owners}`
      }`,
      details: { reason: 'NOT_ACQUIRED' },
    });
    this.lockName = lockName;
    this.holders = holders;
  }
}

/** A lease, or the lock that it held, was lost: it was not given back by its holder. */
export class LeaseLostError extends Error {
  override readonly name: string = 'LeaseLostError';
  /** Why, for programs. */
  readonly why: LossCause;

  /** @internal */
  constructor(what: string, why: LossCause) {
    super(`${what} was lost: ${explain(why)}`);
    this.why = why;
  }
}

/** The reason of a lock's `signal`, and of a leader's. */
export class LockLostError extends LeaseLostError {
  override readonly name = 'LockLostError';
  /** Of the lock, or the election. */
  readonly lockName: string;
  /** The token that is not good any more. */
  readonly fencingToken: FencingToken;

  /** @internal */
  constructor(lockName: string, title: string, fencingToken: FencingToken, why: LossCause) {
    super(`${title} (fencing token ${fencingToken})`, why);
    this.lockName = lockName;
    this.fencingToken = fencingToken;
  }
}

/** Below it being late is no news. */
const NOTABLE_LATE_MS = 1000;

function explain(why: LossCause): string {
  switch (why.kind) {
    case 'UNREACHABLE':
      if (why.refusal !== undefined) return `its lease was not renewed: ${why.refusal}`;
      return why.lateMs < NOTABLE_LATE_MS
        ? 'its lease could not be renewed in time'
        : `its lease was not renewed in time; this process stood still, until ${Math.round(why.lateMs)} ms after the deadline`;
    case 'ENDED':
      return 'its lease has expired or was revoked';
    case 'EXPIRED':
      return 'its lease has expired';
    case 'REVOKED':
      return 'its lease was revoked';
    case 'PREEMPTED':
      return why.reason;
    case 'NOT_HOLDER':
      return 'its lease does not hold it any more';
  }
}
