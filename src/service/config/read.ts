import { configNotFound, versionNotFound, type ConfigName } from '../../core/config-document.js';
import type { KeyLayout } from '../../core/keys.js';
import { utf8Length } from '../../core/text.js';
import { Fault } from '../../core/errors.js';
import { prefixed, type Entry, type Revision, type Store } from '../../store/store.js';
import { readKey, transact } from '../transaction.js';
import { readHead, type Found } from './records.js';

export interface Look {
  /** Undefined: there is no document. */
  readonly found: Found | undefined;
  /** When this was so. */
  readonly revision: Revision;
}

/** How often the document may get a new version while it is read, before the caller shall ask again. */
const MAX_TRIES = 20;

interface ReadParts {
  readonly store: Store;
  readonly layout: KeyLayout;
}

/**
 * The latest version, all of it as of one revision. The key of the text depends on the head, so the version is guessed
 * first: right, one round trip is enough.
 */
export async function readLatest(parts: ReadParts, at: ConfigName, guess = 0): Promise<Look> {
  let version = guess;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { head, schema, text, revision } = await readKeys(parts, at, version);
    const known = readHead(head);
    if (head === undefined || known === undefined) return { found: undefined, revision };
    if (known.version === version && text !== undefined) {
      const found = { head: known, headRevision: head.modRevision, version };
      return { found: { ...found, document: text.value, schema: schema?.value ?? '' }, revision };
    }
    if (known.version === version) throw damaged();
    version = known.version;
  }
  throw new Fault('ABORTED', 'the document is written too often by others; ask again');
}

/** One version. @throws Fault NOT_FOUND (CONFIG_NOT_FOUND, VERSION_NOT_FOUND). */
export async function readVersion(
  parts: ReadParts,
  at: ConfigName,
  version: number,
): Promise<Found> {
  const { head, schema, text } = await readKeys(parts, at, version);
  const known = readHead(head);
  if (head === undefined || known === undefined) throw configNotFound(at);
  if (text === undefined) throw versionNotFound(version);
  const { modRevision: headRevision } = head;
  return { head: known, headRevision, version, document: text.value, schema: schema?.value ?? '' };
}

/** Texts that are read at a time. */
const TEXTS_A_READ = 8;
const MAX_HISTORY_BYTES = 16 * 1024 * 1024;

/**
 * The texts of all versions that are kept, oldest first.
 * @throws Fault NOT_FOUND (CONFIG_NOT_FOUND); RESOURCE_EXHAUSTED (HISTORY_TOO_LARGE) above 16 MiB.
 */
export async function readHistory(
  { store, layout }: ReadParts,
  at: ConfigName,
): Promise<Map<number, string>> {
  const prefix = layout.configs(at.namespace).versions(at.name);
  const texts = new Map<number, string>();
  let bytes = 0;
  let range = prefixed(prefix);
  for (let more = true; more;) {
    const read = await store.read({ range, limit: TEXTS_A_READ });
    for (const { key, value } of read.entries) {
      texts.set(Number(key.slice(prefix.length)), value);
      bytes += utf8Length(value);
      range = { ...range, from: `${key}\0` };
    }
    if (bytes > MAX_HISTORY_BYTES) throw historyTooLarge();
    more = read.more;
  }
  if (texts.size === 0) throw configNotFound(at);
  return texts;
}

interface KeysRead {
  readonly head: Entry | undefined;
  readonly schema: Entry | undefined;
  readonly text: Entry | undefined;
  readonly revision: Revision;
}

async function readKeys(
  { store, layout }: ReadParts,
  { namespace, name }: ConfigName,
  version: number,
): Promise<KeysRead> {
  const keys = layout.configs(namespace);
  const head = readKey(keys.head(name));
  const schema = readKey(keys.schema(name));
  const text = readKey(keys.version(name, version));
  const done = await transact(store, { resource: keys.head(name), then: [head, schema, text] });
  return {
    head: done.entry(head),
    schema: done.entry(schema),
    text: done.entry(text),
    revision: done.revision,
  };
}

function historyTooLarge(): Fault {
  const message = `the versions have over ${MAX_HISTORY_BYTES} bytes together; ask for one at a time`;
  return new Fault('RESOURCE_EXHAUSTED', message, { reason: 'HISTORY_TOO_LARGE' });
}

function damaged(): Fault {
  return new Fault('DATA_LOSS', 'the text of the latest version is not in the store');
}
