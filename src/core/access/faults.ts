import { Fault } from '../errors.js';
import type { Principal, Via } from './principal.js';
import type { Kind, Verb } from './vocabulary.js';

/** Nobody was told who calls, and who is not known may not do it. */
export function credentialsMissing(): Fault {
  return unauthenticated(
    'CREDENTIALS_MISSING',
    'this daemon wants to know who calls: send a bearer token or a client certificate',
  );
}

export function tokenExpired(): Fault {
  return unauthenticated('TOKEN_EXPIRED', 'the token has expired');
}

export function tokenAudience(audience: string): Fault {
  return unauthenticated(
    'TOKEN_AUDIENCE',
    `the token is not for this daemon: its audience must be ${JSON.stringify(audience)}`,
  );
}

/** Says no more: why a token is none helps only who made it up. */
export function tokenInvalid(): Fault {
  return unauthenticated('TOKEN_INVALID', "the token can't be verified");
}

export function certificateExpired(): Fault {
  return unauthenticated('CERTIFICATE_EXPIRED', 'the client certificate has expired');
}

/** What somebody showed has ended. */
export function expired(via: Via): Fault {
  return via === 'certificate' ? certificateExpired() : tokenExpired();
}

/** The caller of an open stream can't become another one. */
export function tokenOfAnother({ id }: Principal): Fault {
  return unauthenticated(
    'TOKEN_OF_ANOTHER',
    `the token is not of ${id}, whose stream this is: open another stream with it`,
  );
}

export function certificateUntrusted(): Fault {
  return unauthenticated(
    'CERTIFICATE_UNTRUSTED',
    'the client certificate is not of an authority that this daemon knows',
  );
}

export function certificateNameless(): Fault {
  return unauthenticated(
    'CERTIFICATE_NAMELESS',
    'the client certificate has no URI and no DNS name in its subjectAltName; its CN is not used',
  );
}

/** Whether the token is good can't be found out now. */
export function authUnavailable(retryAfterMs: number): Fault {
  return new Fault('UNAVAILABLE', "the keys that tokens are verified with can't be had now", {
    reason: 'AUTH_UNAVAILABLE',
    retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
  });
}

/** @param name undefined: what the verb is for has no name that the caller sent. */
export function notAllowed(
  { id }: Principal,
  verb: Verb,
  kind: Kind,
  name: string | undefined,
): Fault {
  return new Fault('PERMISSION_DENIED', `${id} may not ${deed(verb, kind, name)}`, {
    reason: 'NOT_ALLOWED',
    metadata: { verb, kind },
  });
}

function deed(verb: Verb, kind: Kind, name: string | undefined): string {
  if (verb !== 'listAll') {
    return `${verb} ${name === undefined ? kind : `${kind} ${JSON.stringify(name)}`}`;
  }
  // A rule may well allow to list some of them.
  return `list all of the kind ${kind}${kind === 'lease' ? '' : '; perhaps those of a prefix'}`;
}

/** For logs: the caller is told the same as with an ID that nobody has. */
export function leaseOfAnother({ id }: Principal): Fault {
  return new Fault('PERMISSION_DENIED', `${id} named the lease of another`, {
    reason: 'LEASE_OF_ANOTHER',
  });
}

/** For logs. */
export function requestOfAnother({ id }: Principal): Fault {
  return new Fault('PERMISSION_DENIED', `${id} used the request_id of another`, {
    reason: 'REQUEST_OF_ANOTHER',
  });
}

function unauthenticated(reason: string, message: string): Fault {
  return new Fault('UNAUTHENTICATED', message, { reason });
}
