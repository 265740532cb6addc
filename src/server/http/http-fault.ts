import { Fault, isFault } from '../../core/errors.js';
import type { FaultCode, FaultDetails } from '../../core/errors.js';
import { httpStatusOfFault, STATUS } from '../../protocol/status.js';

/** A fault of HTTP itself, where the table of protocol/status.ts has no status that is right. */
export class HttpFault extends Fault {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    httpStatus: number,
    code: FaultCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    details: FaultDetails = {},
  ) {
    super(code, message, details);
    this.httpStatus = httpStatus;
    this.headers = headers;
  }
}

const CLOSE = { connection: 'close' };

export function httpStatusOf(error: unknown, code: FaultCode): number {
  if (error instanceof HttpFault) return error.httpStatus;
  return isFault(error) ? httpStatusOfFault(error) : STATUS[code].http;
}

export function noSuchRoute(): HttpFault {
  return new HttpFault(
    404,
    'NOT_FOUND',
    'there is nothing at this path; GET /openapi.json lists all',
    {},
    { reason: 'NO_SUCH_PATH' },
  );
}

/** A path that would be one if a slash of it belonged to a name. */
export function slashInName(): HttpFault {
  return new HttpFault(
    404,
    'NOT_FOUND',
    'there is nothing at this path; if a name has a slash, write it %2F; where a proxy decodes that, leave the name out of the ' +
      'path (/v1/locks/:acquire, /v1/locks/) and give it in the body, or with GET and DELETE in the query (?name=a/b)',
    {},
    { reason: 'NO_SUCH_PATH' },
  );
}

export function wrongContentEncoding(): HttpFault {
  return new HttpFault(
    415,
    'INVALID_ARGUMENT',
    'the body is compressed, which this daemon does not read: send it as it is, without content-encoding',
    { 'accept-encoding': 'identity' },
    { reason: 'WRONG_CONTENT_ENCODING' },
  );
}

/** @param customVerbs that the path takes POST with, such as `acquire`. */
export function wrongMethod(
  allowed: Iterable<string>,
  customVerbs: readonly string[] = [],
): HttpFault {
  const allow = [...new Set(allowed)].sort().join(', ');
  const verbs = customVerbs.map((verb) => `:${verb}`).sort();
  const hint = verbs.length === 0 ? '' : `; with ${verbs.join(', ')} at its end, POST`;
  return new HttpFault(
    405,
    'UNIMPLEMENTED',
    `this path takes ${allow}${hint}`,
    { allow },
    { reason: 'WRONG_METHOD' },
  );
}

/** @param isSet whether the limit is the one that can be set, and not one of what needs little. */
export function bodyTooLarge(maxBytes: number, isSet: boolean): HttpFault {
  const why = isSet
    ? 'SHARED_LOCK_LIMIT_HTTP_BODY_BYTES of the daemon sets that'
    : 'no renewal, release or the like needs as much';
  return new HttpFault(
    413,
    'RESOURCE_EXHAUSTED',
    `the body is larger than ${maxBytes} bytes; ${why}`,
    CLOSE,
    { reason: 'BODY_TOO_LARGE' },
  );
}

export function wrongContentType(): HttpFault {
  return new HttpFault(
    415,
    'INVALID_ARGUMENT',
    'the body must be JSON: send the header "content-type: application/json"',
    {},
    { reason: 'WRONG_CONTENT_TYPE' },
  );
}

export function wrongPatchType(): HttpFault {
  const types = 'application/merge-patch+json, application/json-patch+json, application/json';
  return new HttpFault(
    415,
    'INVALID_ARGUMENT',
    `say in the header content-type what patch this is: ${types}`,
    { 'accept-patch': types },
    { reason: 'WRONG_CONTENT_TYPE' },
  );
}

export function urlTooLong(maxBytes: number): HttpFault {
  return new HttpFault(414, 'INVALID_ARGUMENT', `the URL is longer than ${maxBytes} bytes`, CLOSE, {
    reason: 'URL_TOO_LONG',
  });
}

export function headersTooLarge(): HttpFault {
  return new HttpFault(
    431,
    'INVALID_ARGUMENT',
    'the request has too many or too large headers',
    CLOSE,
    { reason: 'HEADERS_TOO_LARGE' },
  );
}

export function tooSlow(): HttpFault {
  return new HttpFault(408, 'DEADLINE_EXCEEDED', 'the request took too long to arrive', CLOSE, {
    reason: 'REQUEST_TOO_SLOW',
  });
}

export function malformed(what: string): HttpFault {
  return new HttpFault(400, 'INVALID_ARGUMENT', what, CLOSE, { reason: 'MALFORMED_REQUEST' });
}

export function pipelineFull(): HttpFault {
  return new HttpFault(
    429,
    'RESOURCE_EXHAUSTED',
    'too many requests wait on one connection, or one with a large body: send the next after an answer',
    CLOSE,
    { reason: 'PIPELINE_LIMIT' },
  );
}
