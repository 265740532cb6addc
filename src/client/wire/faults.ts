import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { Fault } from '../../core/errors.js';
import type { CallDescriptors } from '../../protocol/call-descriptors.js';
import { readStatus } from '../../protocol/read-status.js';
import { SharedLockError } from '../errors.js';

/**
 * What a call ended with. A daemon's own words stand as they are. Without them its connection broke, or was never there:
 * then it is UNAVAILABLE, and the address is named.
 */
export function errorOf(
  error: ServiceError,
  address: string,
  descriptors: CallDescriptors,
): SharedLockError {
  const [details] = error.metadata.get('grpc-status-details-bin');
  if (hasBroken(error)) {
    const message = `no daemon answers at ${address}: ${connectError(error.details)}`;
    const reason = REFUSED.test(error.details) ? { reason: CERTIFICATE_REFUSED } : {};
    return new SharedLockError(new Fault('UNAVAILABLE', message, reason), error);
  }
  const fault = readStatus(descriptors, {
    code: error.code,
    message: error.details,
    details: Buffer.isBuffer(details) ? details : undefined,
  });
  return new SharedLockError(fault, error);
}

/** What grpc-js says itself of a stream that ended without a status: the daemon's own errors have details. */
const BROKEN: readonly status[] = [status.UNAVAILABLE, status.INTERNAL, status.CANCELLED];

/** Whether a call that was not given up ended with its connection, not with an answer. */
export function hasBroken({ code, metadata }: ServiceError): boolean {
  return BROKEN.includes(code) && metadata.get('grpc-status-details-bin').length === 0;
}

const CERTIFICATE_REFUSED = 'CERTIFICATE_REFUSED';

/** It can't get better by being repeated. */
export function isHopeless(error: SharedLockError): boolean {
  return error.reason === CERTIFICATE_REFUSED;
}

/** What a connection ends with if the other side speaks something else, in the words of Node and OpenSSL. */
const MISTAKES: readonly (readonly [RegExp, string])[] = [
  [
    /Last error: Protocol error|no application protocol/,
    'what listens there does not speak gRPC (is it the HTTP port?)',
  ],
  [/wrong version number/, 'what listens there does not speak TLS'],
  [/Last error: Failed to connect/, 'the connection was cut at once (is TLS spoken there?)'],
];

/** In the words of OpenSSL and Node: the daemon's certificate is not trusted, not valid now, or of another name. */
const CERTIFICATE = /certificate(?! required)|altnames/;

/** That, or the daemon says so of the client's, or that it needs one. */
const REFUSED = /certificate|altnames|alert unknown ca/;

/** grpc-js wraps what the system said in some sentences. */
function connectError(text: string): string {
  const mistake = MISTAKES.find(([pattern]) => pattern.test(text));
  if (mistake !== undefined) return mistake[1];
  const said =
    /(?:connect|getaddrinfo|read) E[A-Z]+[^\n.]*(?:\.[0-9]+)*[^\n.]*/.exec(text) ??
    /(?<=Last error: (?:Error(?: \[\w+\])?: )?)(?!Error\b)\S[^]*?(?=\.? Resolution note: )/.exec(
      text,
    );
  const why = said?.[0] ?? text;
  return CERTIFICATE.test(why) ? `its certificate is not accepted: ${why}` : why;
}

/** No answer came in time. Says nothing about what was asked. */
export function silence(address: string, waitedMs: number): SharedLockError {
  return new SharedLockError(
    new Fault(
      'DEADLINE_EXCEEDED',
      `the daemon at ${address} did not answer within ${Math.round(waitedMs)} ms`,
    ),
  );
}

/** Why a signal aborted. By convention an error; whatever it is, it is the caller's own. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason as Error;
}

export function clientClosed(): SharedLockError {
  return new SharedLockError(
    new Fault('CANCELLED', 'the client was closed', { reason: 'CLIENT_CLOSED' }),
  );
}

/** Of a daemon, or of none: says nothing about what was asked, and another daemon may know better. */
export function mayRepeat(error: unknown): error is SharedLockError {
  return (
    error instanceof SharedLockError &&
    (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED')
  );
}
