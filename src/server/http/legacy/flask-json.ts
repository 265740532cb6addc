import { jsonAnswer } from '../answer.js';
import type { HttpAnswer } from '../answer.js';

/**
 * JSON as Flask's `jsonify` sends it by default, which the replaced apps are made with: members by name, and a newline at the end
 * (https://flask.palletsprojects.com/en/stable/api/#flask.json.provider.DefaultJSONProvider).
 */
export function jsonLine(status: number, members: JsonMembers): HttpAnswer {
  // Units, not the order of a locale: as Python sorts names that are ASCII.
  const names = Object.keys(members).sort();
  const texts = names.map((name) => `${JSON.stringify(name)}:${textOf(members[name])}`);
  return jsonAnswer(status, `{${texts.join(',')}}\n`);
}

export type JsonMembers = Readonly<Record<string, JsonMember>>;

type JsonMember = string | number | boolean | bigint;

/** JSON.stringify takes no bigint. */
function textOf(value: JsonMember | undefined): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}
