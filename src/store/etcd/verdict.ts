import { Fault, isFault, unavailable } from '../../core/errors.js';

/**
 * What a failed call to etcd means. etcd tells its errors apart by their text only: the gRPC codes are shared
 * (source: api/v3rpc/rpctypes/error.go), so here, and only here, we look at it.
 *
 * - `not sent`: it never left this process.
 * - `refused`: etcd looked at it and will not do it. Nothing was applied, nor ever will be.
 * - `no space`: etcd answered so, but it may have applied the request and complained afterwards
 *   (apply.go, quotaApplierV3).
 * - `no answer`: nothing is known. It may even be applied later.
 */
export type Verdict =
  | { readonly kind: 'not sent'; readonly fault: Fault }
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly fault: Fault }
  | { readonly kind: 'no space'; readonly fault: Fault }
  | { readonly kind: 'no answer'; readonly fault: Fault; readonly timedOut: boolean };

export type Refusal =
  'lease not found' | 'lease exists' | 'compacted' | 'too large' | 'busy' | 'denied' | 'malformed';

const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const INVALID_ARGUMENT = 3;

/** Sorts what a call threw. Text that comes with it never reaches the fault's message: it may hold addresses. */
export function judge(error: unknown): Verdict {
  if (isFault(error)) return { kind: 'not sent', fault: error };
  const { message, code } = readGrpcError(error);
  const refused = (reason: Refusal, fault: Fault): Verdict => ({ kind: 'refused', reason, fault });
  if (message.includes('requested lease not found')) {
    return refused('lease not found', unavailable('the lease has ended', error));
  }
  if (message.includes('lease already exists')) {
    return refused('lease exists', unavailable('the lease exists', error));
  }
  if (message.includes('has been compacted')) {
    return refused('compacted', unavailable('the revision is compacted', error));
  }
  if (message.includes('database space exceeded')) {
    return { kind: 'no space', fault: noSpace(error) };
  }
  if (/request is too large|grpc: received message larger than max/.test(message)) {
    return refused('too large', tooLarge(error));
  }
  if (message.includes('etcdserver: too many requests')) {
    return refused(
      'busy',
      unavailable('etcd has too many requests waiting; try again', error, 'STORE_BUSY'),
    );
  }
  if (isDenied(message)) return refused('denied', denied(error));
  if (code === INVALID_ARGUMENT && message.includes('etcdserver: ')) {
    return refused(
      'malformed',
      new Fault('INTERNAL', 'etcd refused a malformed request', {}, error),
    );
  }
  return {
    kind: 'no answer',
    fault: unavailable('etcd did not answer', error),
    timedOut: code === DEADLINE_EXCEEDED,
  };
}

/** Whether a fault says that etcd has no space left, and so applied nothing. */
export function isNoSpace(error: unknown): boolean {
  return isFault(error, 'RESOURCE_EXHAUSTED') && error.details.reason === 'NO_SPACE';
}

/** Whether etcd no longer knows the token that came with a call. It checks that first. */
export function isTokenRefused(error: unknown): boolean {
  const { message } = readGrpcError(error);
  return /invalid auth token|revision of auth store is old/.test(message);
}

/** Whether a call failed because we gave up its connection. */
export function isOurOwnDoing(error: unknown): boolean {
  const { message, code } = readGrpcError(error);
  return code === CANCELLED || message.includes('Channel closed');
}

/** A line for a person about why etcd can't be used: as far as known, what to do. */
export function explain(error: unknown): string {
  const { message } = readGrpcError(
    isFault(error) && error.cause !== undefined ? error.cause : error,
  );
  if (isDenied(message))
    return 'etcd refuses us: check user, password and role, or the certificate';
  if (/certificate|SSL|TLS|wrong version number/i.test(message)) {
    return 'the TLS handshake with etcd fails: check the CA, certificate and key files';
  }
  if (message.includes('no leader')) return 'etcd has no leader: check that most members run';
  return 'etcd does not answer: check that it runs and that the endpoints are right';
}

function isDenied(message: string): boolean {
  return /permission denied|authentication failed|invalid auth token|user name is empty|authentication is not enabled|revision of auth store is old/.test(
    message,
  );
}

function denied(cause: unknown): Fault {
  return unavailable(
    'etcd refuses this daemon: its user, password or role is wrong',
    cause,
    'STORE_REFUSES',
  );
}

function noSpace(cause: unknown): Fault {
  return new Fault(
    'RESOURCE_EXHAUSTED',
    'etcd has no space left (its --quota-backend-bytes): compact, defragment, then disarm the alarm',
    { reason: 'NO_SPACE' },
    cause,
  );
}

function tooLarge(cause: unknown): Fault {
  return new Fault(
    'RESOURCE_EXHAUSTED',
    'the request is larger than etcd takes',
    { reason: 'REQUEST_TOO_LARGE' },
    cause,
  );
}

function readGrpcError(error: unknown): { message: string; code: number | undefined } {
  if (!(error instanceof Error)) return { message: String(error), code: undefined };
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  return { message: error.message, code };
}
