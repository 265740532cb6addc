import { invalid } from '../../core/errors.js';
import { parseJson } from '../../core/json/parse.js';
import { readMessage } from '../../protocol/json/read-message.js';
import { JsonNumber } from '../../core/json/value.js';
import type { JsonValue } from '../../core/json/value.js';
import type { FieldSchema, MessageSchema } from '../../protocol/schema.js';
import type { Message } from '../handlers/call.js';
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
  const fromQuery = queryMembers(schema, parseQuery(query), match);
  for (const [name, value] of fromQuery) members.set(name, value);
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

function queryMembers(
  schema: MessageSchema,
  pairs: readonly (readonly [string, string])[],
  { isBody, variables }: RouteMatch,
): Map<string, JsonValue> {
  const members = new Map<string, JsonValue>();
  for (const [name, text] of pairs) {
    const field = schema.field(name);
    if (isBody || field === undefined || field.shape === 'map' || field.type.kind === 'message') {
      throw invalid(shown(name), unknownParameter(schema, isBody));
    }
    const { protoName } = field;
    if (variables.has(protoName)) throw invalid(protoName, 'is in the path already');
    const value = queryValue(field, text);
    const before = members.get(protoName);
    if (field.shape === 'repeated') {
      members.set(protoName, [...(Array.isArray(before) ? (before as JsonValue[]) : []), value]);
    } else if (before === undefined) {
      members.set(protoName, value);
    } else {
      throw invalid(protoName, 'is there twice');
    }
  }
  return members;
}

function unknownParameter(schema: MessageSchema, isBody: boolean): string {
  if (isBody) return 'this request takes its fields in the body, not in the query';
  const names = schema.fields.map(({ protoName }) => protoName);
  return `there is no such query parameter; there are ${names.join(', ')}`;
}

function shown(name: string): string {
  return name === '' ? 'query' : name.slice(0, 64).toWellFormed();
}

/** All is text in a query; what the field is decides how it is read. */
function queryValue(field: FieldSchema, text: string): JsonValue {
  if (field.type.kind === 'bool') {
    if (text === 'true' || text === '') return true;
    if (text === 'false') return false;
    throw invalid(field.protoName, 'must be true or false');
  }
  if (field.type.kind === 'enum' && /^[0-9]+$/.test(text)) return new JsonNumber(text);
  return text;
}
