import type { IncomingHttpHeaders } from 'node:http';
import { matchesWeakly, parseEntityTags } from '../../core/entity-tags.js';
import { invalid } from '../../core/errors.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import type { Message } from '../handlers/call.js';
import { jsonAnswer, type HttpAnswer } from './answer.js';

const CONDITIONS = [
  ['if-match', 'if_match'],
  ['if-none-match', 'if_none_match'],
] as const;

/**
 * The conditions of a request's headers (RFC 9110, 13.1), by the fields of the message that they stand for.
 * @throws Fault INVALID_ARGUMENT for one that the method does not have, if it writes: it would be done all the same.
 */
export function conditionsIn(
  { request: schema, http }: Pick<MethodDescriptor, 'request' | 'http'>,
  headers: IncomingHttpHeaders,
): (readonly [field: string, text: string])[] {
  return CONDITIONS.flatMap(([header, field]) => {
    const text = headers[header];
    if (text === undefined) return [];
    if (schema.field(field) === undefined) {
      if (http?.verb === 'GET') return [];
      throw invalid(header, 'is no condition that this request can have; leave the header out');
    }
    if (text === '') throw invalid(field, 'must be * or quoted tags, such as "42"');
    return [[field, text] as const];
  });
}

/** An answer with the entity tag of its message, if it has one; without its body, if the caller has that already. */
export function entityAnswer(
  status: number,
  message: Message,
  json: string | Buffer,
  ifNoneMatch: string | undefined,
): HttpAnswer {
  const etag: unknown = 'etag' in message ? message.etag : undefined;
  if (typeof etag !== 'string' || etag === '') return jsonAnswer(status, json);
  // The caller may keep it, but has to ask whether it is still so.
  const headers = { etag, 'cache-control': 'no-cache' };
  const tags = parseEntityTags(ifNoneMatch ?? '', 'If-None-Match');
  if (tags !== undefined && matchesWeakly(tags, etag)) return { ...jsonAnswer(304, ''), headers };
  return { ...jsonAnswer(status, json), headers };
}
