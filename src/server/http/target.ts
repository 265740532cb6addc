import { invalid } from '../../core/errors.js';

/** A request target, split but not decoded. */
export interface Target {
  /** Begins with `/`. */
  readonly path: string;
  /** Without its `?`. */
  readonly query: string;
}

/**
 * Splits a request target as it was sent. The absolute form (`http://host/path`), which proxies send, loses
 * its origin; undefined for any other that is no path (`*`).
 */
export function splitTarget(raw: string): Target | undefined {
  const local = raw.replace(/^https?:\/\/[^/?#]*/i, '');
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(local) ?? [];
  if (path === '' && local !== raw) return { path: '/', query };
  return path.startsWith('/') ? { path, query } : undefined;
}

/**
 * Decodes one segment of a path, exactly once: `%2F` is a slash of the name, `%252F` becomes `%2F`.
 * Bytes beyond ASCII may stand as they are if they are UTF-8.
 * @throws Fault INVALID_ARGUMENT for `%zz`, and for bytes that are not UTF-8, such as an overlong `%c0%af`.
 */
export function decodeSegment(raw: string, field: string): string {
  return decodePercent(raw, field);
}

/**
 * Splits and decodes a query string, in which `+` is a space.
 * @throws Fault INVALID_ARGUMENT as `decodeSegment`.
 */
export function parseQuery(query: string): (readonly [name: string, value: string])[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [decodePercent(plus(name), 'query'), decodePercent(plus(value), 'query')];
    });
}

function plus(text: string): string {
  return text.replaceAll('+', ' ');
}

function decodePercent(raw: string, field: string): string {
  if (!/[%\u0080-\u00ff]/.test(raw)) return raw;
  // Node gives each byte of a target as one character.
  const ascii = raw.replace(
    /[\u0080-\u00ff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  try {
    return decodeURIComponent(ascii);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw invalid(field, 'is not percent-encoded UTF-8');
  }
}
