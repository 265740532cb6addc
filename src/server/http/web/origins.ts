import { authorityIn } from './hosts.js';

/** What a browser says of where a request comes from; programs send none of it. */
export interface WebRequest {
  readonly httpMethod: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Of the headers `Sec-Fetch-Site`, `-Mode` and `-Dest` (W3C Fetch Metadata). */
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly fetchDest: string | undefined;
}

const OWN_SITES: ReadonlySet<string | undefined> = new Set([undefined, 'same-origin', 'none']);

/**
 * The foreign page that a request comes from, as it is to be named in an error; undefined: none does, or one in `listed`, or
 * a person follows a link to here, which shows its page nothing.
 */
export function foreignPage(request: WebRequest, listed: readonly string[]): string | undefined {
  const { origin, fetchSite } = request;
  if (origin !== undefined) {
    return isOwn(origin, request.host) || listed.includes(origin) ? undefined : origin;
  }
  if (OWN_SITES.has(fetchSite) || isNavigation(request)) return undefined;
  return 'another site';
}

/** By host and port: behind a proxy that ends TLS the scheme is another one. */
function isOwn(origin: string, host: string | undefined): boolean {
  const [, scheme, rest] = /^(https?):\/\/(.*)$/i.exec(origin) ?? [];
  const theirs = rest === undefined ? undefined : authorityIn(rest);
  const ours = host === undefined ? undefined : authorityIn(host);
  if (theirs === undefined || ours === undefined) return false;
  const usual = scheme?.toLowerCase() === 'https' ? '443' : '80';
  return theirs.host === ours.host && (theirs.port || usual) === (ours.port || usual);
}

function isNavigation({ httpMethod, fetchMode, fetchDest }: WebRequest): boolean {
  const isRead = httpMethod === 'GET' || httpMethod === 'HEAD';
  return isRead && fetchMode === 'navigate' && fetchDest === 'document';
}
