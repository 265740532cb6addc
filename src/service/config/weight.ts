import type { ConfigName } from '../../core/config-document.js';
import type { ConfigKeys, KeyLayout } from '../../core/keys.js';
import { utf8Length } from '../../core/text.js';
import { exactly, prefixed, type KeyRange, type Store } from '../../store/store.js';
import { countTexts } from '../count-texts.js';
import type { Change } from './change.js';
import type { Snapshot } from './snapshot.js';

/** What each text takes beside itself, for its key and for what is known of the document: or many small ones would take nothing. */
const BYTES_BESIDE = 256;

export interface WeighParts {
  readonly store: Pick<Store, 'read'>;
  readonly layout: KeyLayout;
}

/** What a document takes of the store, before and after a change: its texts, i.e. versions that are kept, and its schema. */
export interface Weights {
  readonly before: number;
  readonly after: number;
}

/** What is read of the store for it is as it was at the snapshot, as long as the document's head is. */
export async function weigh(
  parts: WeighParts,
  at: ConfigName,
  snapshot: Snapshot,
  change: Change,
): Promise<Weights> {
  const keys = parts.layout.configs(at.namespace);
  const before =
    snapshot.head === undefined
      ? 0
      : (snapshot.bytes ?? (await weightOf(parts, keys, at.name, snapshot.schema !== '')));
  if (change.kind === 'delete') return { before, after: 0 };
  const { head, document, schema = snapshot.schema } = change;
  const firstVersion = snapshot.head?.firstVersion ?? 0;
  const dropped = {
    from: keys.version(at.name, firstVersion),
    to: keys.version(at.name, head.firstVersion),
  };
  const after =
    before +
    (document === undefined ? 0 : weightOfText(document)) +
    (weightOfText(schema) - weightOfText(snapshot.schema)) -
    (head.firstVersion === firstVersion ? 0 : await weightIn(parts, dropped));
  // The texts of another program are not all that its heads say.
  return { before, after: Math.max(0, after) };
}

/** What a document takes now. @param hasSchema false: it is known that it has none. */
export async function weightOf(
  parts: WeighParts,
  keys: ConfigKeys,
  name: string,
  hasSchema = true,
): Promise<number> {
  const versions = await weightIn(parts, prefixed(keys.versions(name)));
  return hasSchema ? versions + (await weightIn(parts, exactly(keys.schema(name)))) : versions;
}

async function weightIn({ store }: WeighParts, range: KeyRange): Promise<number> {
  const { count, bytes } = await countTexts(store, range);
  return bytes + count * BYTES_BESIDE;
}

/** Of an empty one nothing is stored. */
function weightOfText(text: string): number {
  return text === '' ? 0 : utf8Length(text) + BYTES_BESIDE;
}
