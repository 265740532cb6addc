import { invalid } from '../../core/errors.js';
import { parseJson } from '../../core/json/parse.js';
import { readMessage } from '../../protocol/json/read-message.js';
import type { JsonValue } from '../../core/json/value.js';
import type { FieldSchema, MessageSchema } from '../../protocol/schema.js';
import type { Message } from '../handlers/call.js';
import { queryMembers, shown } from './query-members.js';
import type { RouteMatch } from './router.js';
import { parseQuery } from './target.js';

const EMPTY: JsonValue = new Map();

/**
 * The request message of path, query and body: the same that gRPC would have decoded.
 * @throws Fault INVALID_ARGUMENT with the field that is wrong, and what would be right.
 */
export function requestMessage(match: RouteMatch, query: string, body: Buffer): Message {
  const schema = match.method.request;
  // Integers are read from text, so that no digit is lost.
  const members = new Map<string, JsonValue>(match.variables);
  const pairs = parseQuery(query);
  if (match.isBody && pairs.length > 0) throw queryBesideBody(pairs);
  for (const [name, value] of queryMembers(schema, pairs, match.variables))
    members.set(name, value);
  if (!match.isBody) return readMessage(schema, members);
  return mergedWithBody(schema, members, body);
}

/** What the path says may stand in the body too, if it is the same. */
function mergedWithBody(
  schema: MessageSchema,
  members: ReadonlyMap<string, JsonValue>,
  body: Buffer,
): Message {
  const json = body.length === 0 ? EMPTY : parseJson(body);
  const message = readMessage(schema, json);
  const fromPath = readMessage(schema, members);
  const given = new Map(Object.entries(message));
  const merged: Record<string, unknown> = message;
  const named = json instanceof Map ? json : new Map<string, JsonValue>();
  for (const name of members.keys()) {
    const { jsonName, protoName } = fieldOf(schema, name);
    const value = fromPath[jsonName];
    const isInBody = (named.get(jsonName) ?? named.get(protoName) ?? null) !== null;
    if (isInBody && given.get(jsonName) !== value) {
      throw invalid(protoName, 'is another in the body than in the path; leave it out of the body');
    }
    merged[jsonName] = value;
  }
  return merged;
}

function fieldOf(schema: MessageSchema, name: string): FieldSchema {
  const field = schema.field(name);
  if (field === undefined) throw new TypeError(`${schema.fullName} has no field ${name}`);
  return field;
}

function queryBesideBody(pairs: readonly (readonly [string, string])[]): Error {
  const field = shown(pairs[0]?.[0] ?? '');
  return invalid(field, 'this request takes its fields in the body, not in the query');
}
