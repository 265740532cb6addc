import type { Heard } from '../../client/wire/caller.js';
import { visible } from '../../core/visible.js';
import type { Api } from '../../protocol/api.js';
import { writeMessage } from '../../protocol/json/write-message.js';
import type { FieldSchema, MessageSchema } from '../../protocol/schema.js';

/** `LockService/GetLock` */
export type MethodName = {
  [S in keyof Api]: `${S}/${keyof Api[S] & string}`;
}[keyof Api];

interface Answer {
  readonly schema: MessageSchema;
  readonly message: object;
}

/**
 * What the daemon answered to the method that a command is about. Its JSON is written from that, by what writes the answers of the
 * HTTP API: so both are the same, whatever the API comes to have.
 */
export class Answers {
  readonly #path: string;
  readonly #heard: Answer[] = [];

  constructor(method: MethodName) {
    this.#path = `/sharedlock.v1.${method}`;
  }

  readonly hear: Heard = ({ path, response }, message) => {
    if (path === this.#path) this.#heard.push({ schema: response(), message });
  };

  /** JSON of the last answer since the last call of this. @throws TypeError if there is none: a defect. */
  last(): string {
    const { schema, message } = this.#take().pop() ?? this.#nothing();
    return jsonText(schema, message);
  }

  /** JSON of all pages of a list since the last call of this, as if they were one. @throws TypeError as `last`. */
  pages(): string {
    const heard = this.#take();
    const { schema } = heard[0] ?? this.#nothing();
    const fields = schema.fields.filter(({ jsonName }) => jsonName !== NEXT_PAGE);
    const messages = heard.map(({ message }) => new Map<string, unknown>(Object.entries(message)));
    return jsonText(
      { ...schema, fields },
      Object.fromEntries(fields.map((field) => [field.jsonName, joined(field, messages)])),
    );
  }

  #take(): Answer[] {
    return this.#heard.splice(0);
  }

  #nothing(): never {
    throw new TypeError(`no answer of ${this.#path}`);
  }
}

/** There is none after the last page. */
const NEXT_PAGE = 'nextPageToken';

function joined(
  { jsonName, shape }: FieldSchema,
  messages: readonly ReadonlyMap<string, unknown>[],
): unknown {
  const values = messages.map((message) => message.get(jsonName));
  return shape === 'repeated' ? values.flat() : values.at(-1);
}

/** What JSON allows could still talk to a terminal; its escapes are JSON too. */
function jsonText(schema: MessageSchema, message: object): string {
  return visible(writeMessage(schema, message));
}
