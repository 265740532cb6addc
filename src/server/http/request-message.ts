import { invalid } from '../../core/errors.js';
import { decodeJson, parseJson } from '../../core/json/parse.js';
import { readMessage } from '../../protocol/json/read-message.js';
import type { JsonValue } from '../../core/json/value.js';
import type { FieldSchema, MessageSchema } from '../../protocol/schema.js';
import type { Message } from '../handlers/call.js';
import type { PatchForm } from './checks.js';
import { queryMembers, shown } from './query-members.js';
import type { RouteMatch } from './router.js';
import { parseQuery } from './target.js';

const EMPTY: JsonValue = new Map();

/** The parts of a request that its message is made of. */
export interface RequestParts {
  readonly query: string;
  readonly body: Buffer;
  /** Fields that stand in headers. */
  readonly conditions: readonly (readonly [field: string, text: string])[];
  /** Of a PATCH whose body may be the patch itself. */
  readonly patchForm: PatchForm;
}

/**
 * The request message of path, query, headers and body: the same that gRPC would have decoded.
 * @throws Fault INVALID_ARGUMENT with the field that is wrong, and what would be right.
 */
export function requestMessage(match: RouteMatch, parts: RequestParts): Message {
  const { query, body, conditions, patchForm } = parts;
  const schema = match.method.request;
  // Integers are read from text, so that no digit is lost.
  const members = new Map<string, JsonValue>(match.variables);
  const pairs = parseQuery(query);
  const isMessage = match.isBody && patchForm === 'message';
  if (isMessage && pairs.length > 0) throw queryBesideBody(pairs);
  for (const [name, value] of queryMembers(schema, pairs, match.variables))
    members.set(name, value);
  for (const [field, text] of conditions) {
    if (members.has(field))
      throw invalid(field, 'is in a header already; leave it out of the query');
    members.set(field, text);
  }
  if (isMessage) return mergedWithBody(schema, members, body);
  if (match.isBody) {
    if (members.has('patch')) throw invalid('patch', 'is the body; leave it out of the query');
    if (members.has('type')) throw invalid('type', 'is what content-type says; leave it out');
    members.set('patch', decodeJson(body)).set('type', patchForm);
  }
  return readMessage(schema, members);
}

/** What path and headers say may stand in the body too, if it is the same. */
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
      throw invalid(
        protoName,
        'is another in the body than in the path or a header; leave it out of the body',
      );
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
