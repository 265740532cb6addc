/** What can be done to each kind of thing. A policy knows these words and no others. */
export const VERBS_OF = {
  lock: ['acquire', 'read', 'watch', 'fence', 'forceRelease', 'listAll'],
  election: ['acquire', 'read', 'watch', 'fence', 'forceRelease', 'listAll'],
  counter: ['read', 'watch', 'write', 'delete', 'listAll'],
  config: ['read', 'watch', 'write', 'delete', 'schema'],
  message: ['read', 'write', 'delete'],
  lease: ['listAll'],
  daemon: ['metrics', 'openapi', 'reflect', 'profile'],
} as const satisfies Record<string, readonly string[]>;

export type Kind = keyof typeof VERBS_OF;

/** `acquire` also gives back and renews; `read` also lists what has a prefix; `fence` puts a lock's token into a write. */
export type Verb = (typeof VERBS_OF)[Kind][number];

// The keys of an object that is written above.
export const KINDS = Object.keys(VERBS_OF) as readonly Kind[];

export const VERBS: readonly Verb[] = [...new Set(Object.values(VERBS_OF).flat())];

/** Kinds whose things have no names that a rule could tell apart: a lease ID and a digest are known or not. */
const NAMELESS: ReadonlySet<Kind> = new Set<Kind>(['message', 'lease', 'daemon']);

export function isNameless(kind: Kind): boolean {
  return NAMELESS.has(kind);
}

export function isKind(word: string): word is Kind {
  return Object.hasOwn(VERBS_OF, word);
}

export function isVerb(word: string): word is Verb {
  return (VERBS as readonly string[]).includes(word);
}

/** Whether the verb means something for the kind. */
export function applies(verb: Verb, kind: Kind): boolean {
  return (VERBS_OF[kind] as readonly Verb[]).includes(verb);
}

/** The name of a document for rules: `<namespace>/<name>`. */
export function configAccessName(namespace: string, name: string): string {
  return `${namespaceText(namespace)}/${name}`;
}

/** A namespace, for rules. A slash is written `%2F` and a percent sign `%25`, or two documents could have one name. */
export function namespaceText(namespace: string): string {
  return namespace.replace(/[%/]/g, (c) => (c === '/' ? '%2F' : '%25'));
}
