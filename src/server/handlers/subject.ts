/** What the access log tells of a request beside its method: never a lease ID, a value or a document. */
export interface Subject {
  /** Of the lock, election, counter or document; a document's after its namespace and a slash. */
  readonly name?: string;
  /** Who asks, as he says. */
  readonly owner?: string;
  readonly requestId?: string;
}

/** A caller's text is cut to so many characters. */
const MAX_CHARACTERS = 256;

/** What a request message is about, by the names that the .proto files give such fields. */
export function subjectOf(message: object): Subject {
  const fields = new Map<string, unknown>(Object.entries(message));
  const text = (...names: readonly string[]): string =>
    names.map((name) => fields.get(name)).find(isText) ?? '';
  const name = [text('namespace'), text('name', 'key')].filter(isText).join('/');
  return subject({ name, owner: text('owner', 'candidate'), requestId: text('requestId') });
}

/** Only those that say something, and no more of them than fits a line. */
export function subject(texts: Subject): Subject {
  return Object.fromEntries(
    Object.entries(texts)
      .filter(([, text]) => isText(text))
      .map(([key, text]: [string, string]) => [key, shortened(text)]),
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function shortened(text: string): string {
  const short = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
  return short.toWellFormed();
}
