import { invalid } from '../../core/errors.js';
import { JsonNumber } from '../../core/json/value.js';
import type { JsonValue } from '../../core/json/value.js';
import type { FieldSchema, MessageSchema } from '../../protocol/schema.js';

type Members = Map<string, JsonValue>;

/**
 * The fields that a query gives, as the members of a JSON object. A field within a message is written with a
 * dot (`fence.lock=a`), as google.api.http has it.
 * @throws Fault INVALID_ARGUMENT for a parameter that the message does not have, or that is in the path.
 */
export function queryMembers(
  schema: MessageSchema,
  pairs: readonly (readonly [string, string])[],
  inPath: ReadonlyMap<string, string>,
): Members {
  const members: Members = new Map();
  for (const [name, text] of pairs) {
    const { owner, field } = place(schema, members, name);
    if (owner === members && inPath.has(field.protoName)) {
      throw invalid(field.protoName, 'is in the path already');
    }
    add(owner, field, queryValue(field, text));
  }
  return members;
}

/** Every name that a query can have. */
function parameterNames(schema: MessageSchema): string[] {
  return schema.fields.flatMap(({ protoName, shape, type }) => {
    if (shape === 'map') return [];
    if (type.kind !== 'message') return [protoName];
    if (shape === 'repeated') return [];
    return parameterNames(type.of()).map((name) => `${protoName}.${name}`);
  });
}

/** A name as a message may show it. */
export function shown(name: string): string {
  return name === '' ? 'query' : name.slice(0, 64).toWellFormed();
}

/** The field that a name means, and the object that it is a member of, which is made if need be. */
function place(
  schema: MessageSchema,
  members: Members,
  name: string,
): { readonly owner: Members; readonly field: FieldSchema } {
  const path = name.split('.');
  const last = path.pop() ?? '';
  let within = schema;
  let owner = members;
  for (const part of path) {
    const field = within.field(part);
    if (field?.type.kind !== 'message' || field.shape !== 'single') throw unknown(schema, name);
    within = field.type.of();
    owner = memberOf(owner, field.protoName);
  }
  const field = within.field(last);
  if (field === undefined || field.shape === 'map' || field.type.kind === 'message') {
    throw unknown(schema, name);
  }
  return { owner, field };
}

function memberOf(owner: Members, name: string): Members {
  const before = owner.get(name);
  // Whatever stands where a message is meant was put there by this function.
  if (before instanceof Map) return before as Members;
  const made: Members = new Map();
  owner.set(name, made);
  return made;
}

function unknown(schema: MessageSchema, name: string): Error {
  const names = parameterNames(schema).join(', ');
  return invalid(shown(name), `there is no such query parameter; there are ${names}`);
}

function add(owner: Members, field: FieldSchema, value: JsonValue): void {
  const { protoName } = field;
  const before = owner.get(protoName);
  if (field.shape === 'repeated') {
    owner.set(protoName, [...(Array.isArray(before) ? (before as JsonValue[]) : []), value]);
  } else if (before === undefined) {
    owner.set(protoName, value);
  } else {
    throw invalid(protoName, 'is there twice');
  }
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
