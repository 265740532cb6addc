/**
 * What the access log tells of a request beside its method: never a lease ID, a value or a document; nor a request id, whose knower
 * would be given the grant again, with its lease ID.
 */
export interface Subject {
  /** Of the lock, election, counter or document, a document's after its namespace and a slash; a message's digest. */
  readonly name?: string;
  /** Who asks, as he says. */
  readonly owner?: string;
}

/** A caller's text is cut to so many characters. */
const MAX_CHARACTERS = 256;

/** What a request message is about, by the names that the .proto files give such fields. */
export function subjectOf(message: object): Subject {
  // Whichever message it is, we only look for fields that many have.
  const fields = message as Readonly<Record<string, unknown>>;
  const namespace = textOf(fields.namespace);
  const name = textOf(fields.name) || textOf(fields.key) || textOf(fields.digest);
  return subject({
    name: namespace === '' || name === '' ? namespace + name : `${namespace}/${name}`,
    owner: textOf(fields.owner) || textOf(fields.candidate),
  });
}

/** Only those that say something, and no more of them than fits a line. */
export function subject({ name, owner }: Subject): Subject {
  return {
    ...(name ? { name: shortened(name) } : undefined),
    ...(owner ? { owner: shortened(owner) } : undefined),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function shortened(text: string): string {
  const short = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
  return short.toWellFormed();
}
