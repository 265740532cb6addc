import type { IncomingMessage } from 'node:http';
import {
  headersTooLarge,
  malformed,
  urlTooLong,
  wrongContentEncoding,
  wrongContentType,
  wrongPatchType,
} from './http-fault.js';
import type { HttpFault } from './http-fault.js';

/** What is wrong with a request before anybody looks at what it is for; undefined if nothing is. */
export function requestDefect(
  { rawHeaders, httpVersion }: IncomingMessage,
  url: string,
  limits: { readonly urlBytes: number; readonly headerCount: number },
): HttpFault | undefined {
  if (url.length > limits.urlBytes) return urlTooLong(limits.urlBytes);
  if (rawHeaders.length / 2 > limits.headerCount) return headersTooLarge();
  const hosts = hostsIn(rawHeaders);
  // Node keeps the first one; a proxy before us may have looked at the other.
  if (hosts > 1) return malformed('there are two Host headers');
  if (hosts === 0 && httpVersion === '1.1') return malformed('there is no Host header');
  return undefined;
}

/** @param rawHeaders names and values in turn. */
function hostsIn(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts;
}

/** RFC 9110, 8.4: a coding that is not known is refused. @throws HttpFault 415 */
export function checkContentEncoding(contentEncoding: string | undefined): void {
  const codings = (contentEncoding ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => coding !== '' && coding !== 'identity'))
    throw wrongContentEncoding();
}

/** JSON in UTF-8, or no content type at all. @throws HttpFault 415 */
export function checkContentType(contentType: string | undefined): void {
  if (contentType === undefined || contentType === '') return;
  if (mediaTypeOf(contentType) !== 'application/json') throw wrongContentType();
}

/** How a PATCH is sent. `message`: as any other request. */
export type PatchForm = 'MERGE_PATCH' | 'JSON_PATCH' | 'message';

const PATCH_FORMS: ReadonlyMap<string | undefined, PatchForm> = new Map([
  ['application/merge-patch+json', 'MERGE_PATCH'],
  ['application/json-patch+json', 'JSON_PATCH'],
  ['application/json', 'message'],
]);

/** @throws HttpFault 415, also for none: what a body is can't be guessed. */
export function patchFormOf(contentType: string | undefined): PatchForm {
  const form = PATCH_FORMS.get(mediaTypeOf(contentType ?? ''));
  if (form === undefined) throw wrongPatchType();
  return form;
}

/** In lower case, without parameters; undefined if it is of another charset than UTF-8. */
export function mediaTypeOf(contentType: string): string | undefined {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  const isUtf8 = parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.trim().split('=');
    return name !== 'charset' || /^"?utf-?8"?$/.test(value);
  });
  return isUtf8 ? type.trim() : undefined;
}
