import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAnswer } from '../answer.js';
import { HttpFault, malformed } from '../http-fault.js';
import { authorityIn, isHostAllowed } from './hosts.js';
import { foreignPage } from './origins.js';

/** Which web pages may use the daemon. Programs are not concerned: they send no Origin. */
export interface WebRules {
  /** Hosts that it answers to beside the usual ones (`hosts.ts`): names, or `.example.com` for all below. */
  readonly hosts: readonly string[];
  /** Origins whose pages may use the API, such as `https://ops.example.com`. */
  readonly origins: readonly string[];
}

/** What a listed page may send and read, beside what every page may. */
const REQUEST_HEADERS =
  'authorization, content-type, if-match, if-none-match, last-event-id, x-lease-ttl';
const ANSWER_HEADERS = 'etag, retry-after';
const METHODS = 'DELETE, GET, HEAD, PATCH, POST, PUT';
const PREFLIGHT_SECONDS = 600;
/** Host headers that were found to be allowed; callers use a few. */
const MAX_REMEMBERED = 100;
/** Of a header that is told back. */
const SHOWN_CHARACTERS = 100;

/**
 * Keeps web pages of others from using the daemon through the browser of somebody who can reach it: by a name of theirs that
 * means this machine (DNS rebinding), by a form, or by a script. Listed origins are answered as the Fetch standard's CORS has it.
 */
export class WebGuard {
  readonly #rules: WebRules;
  readonly #checksHosts: boolean;
  readonly #allowedHosts = new Set<string>();

  /** @param isTls a browser has then compared the name with the certificate's: no foreign name gets that far. */
  constructor(rules: WebRules, isTls: boolean) {
    this.#rules = rules;
    this.#checksHosts = !isTls;
  }

  /** Undefined: the request may be served. A Unix socket has no name, and no browser reaches it. */
  defect(request: IncomingMessage, isUnix: boolean): HttpFault | undefined {
    const { headers, method = '' } = request;
    const { host, origin } = headers;
    if (this.#checksHosts && !isUnix && host !== undefined && host !== '') {
      const defect = this.#hostDefect(host);
      if (defect !== undefined) return defect;
    }
    const fetchSite = oneOf(headers['sec-fetch-site']);
    // A program, as most are.
    if (origin === undefined && fetchSite === undefined) return undefined;
    const page = foreignPage(
      {
        httpMethod: method,
        host,
        origin,
        fetchSite,
        fetchMode: oneOf(headers['sec-fetch-mode']),
        fetchDest: oneOf(headers['sec-fetch-dest']),
      },
      this.#rules.origins,
    );
    return page === undefined ? undefined : originNotAllowed(page);
  }

  #hostDefect(host: string): HttpFault | undefined {
    if (this.#allowedHosts.has(host)) return undefined;
    const authority = authorityIn(host);
    if (authority === undefined) return malformed('the Host header is none');
    if (!isHostAllowed(authority.host, this.#rules.hosts)) return hostNotAllowed(authority.host);
    if (this.#allowedHosts.size >= MAX_REMEMBERED) this.#allowedHosts.clear();
    this.#allowedHosts.add(host);
    return undefined;
  }

  /** Of the answer to a listed page, whatever it is; else none: never `*`. */
  setHeaders({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    if (this.#rules.origins.length === 0) return;
    // Caches must not give one page's answer to another.
    response.setHeader('vary', 'origin');
    if (origin === undefined || !this.#rules.origins.includes(origin)) return;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', ANSWER_HEADERS);
  }

  /** The answer to a browser that asks whether a listed page may send what it wants to; undefined: it asks nothing. */
  preflight({ method, headers }: IncomingMessage): HttpAnswer | undefined {
    const { origin } = headers;
    const isAsking = headers['access-control-request-method'] !== undefined;
    if (method !== 'OPTIONS' || !isAsking || origin === undefined) return undefined;
    if (!this.#rules.origins.includes(origin)) return undefined;
    return {
      status: 204,
      contentType: '',
      body: '',
      headers: {
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': REQUEST_HEADERS,
        'access-control-max-age': String(PREFLIGHT_SECONDS),
        // A page of the internet may use a machine of a private network only if that says so (W3C Private Network Access).
        ...(headers['access-control-request-private-network'] === 'true'
          ? { 'access-control-allow-private-network': 'true' }
          : {}),
      },
    };
  }
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

function hostNotAllowed(host: string): HttpFault {
  return new HttpFault(
    421,
    'PERMISSION_DENIED',
    `this daemon is not known as ${shown(host)}: list the name in SHARED_LOCK_HTTP_ALLOWED_HOSTS`,
    {},
    { reason: 'HOST_NOT_ALLOWED' },
  );
}

function originNotAllowed(page: string): HttpFault {
  return new HttpFault(
    403,
    'PERMISSION_DENIED',
    `requests of web pages from ${shown(page)} are not allowed: list the origin in SHARED_LOCK_HTTP_ALLOWED_ORIGINS`,
    {},
    { reason: 'ORIGIN_NOT_ALLOWED' },
  );
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_CHARACTERS));
}
