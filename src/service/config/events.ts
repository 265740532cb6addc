import type { ConfigKeys } from '../../core/keys.js';
import { utf8Length } from '../../core/text.js';
import type { StoreEvent } from '../../store/store.js';
import { nameIn } from './list.js';
import { readHead, type ConfigHead } from './records.js';

/** What one transaction did to one document. */
export interface DocumentChange {
  readonly name: string;
  /** Undefined: it was deleted. */
  readonly head: ConfigHead | undefined;
  /** The text of `head.version`; undefined if this transaction did not write it. */
  readonly document: string | undefined;
  /** Of the text, in UTF-8. */
  readonly bytes: number;
  /** Empty: removed; undefined: as it was. */
  readonly schema: string | undefined;
}

/** The documents that the events of one revision are about. What is not a document's head says nothing by itself. */
export function changesIn(keys: ConfigKeys, events: readonly StoreEvent[]): DocumentChange[] {
  const byKey = new Map(events.map((event) => [keyOf(event), event]));
  const changes: DocumentChange[] = [];
  for (const [key, event] of byKey) {
    if (!key.startsWith(keys.headRoot)) continue;
    const name = nameIn(key.slice(keys.headRoot.length));
    if (name === undefined) continue;
    const head = readHead(valueOf(event));
    const text = head === undefined ? undefined : byKey.get(keys.version(name, head.version));
    const schema = byKey.get(keys.schema(name));
    const document = valueOf(text)?.value;
    changes.push({
      name,
      head,
      document,
      bytes: utf8Length(document ?? ''),
      schema: schema === undefined ? undefined : (valueOf(schema)?.value ?? ''),
    });
  }
  return changes;
}

function keyOf(event: StoreEvent): string {
  return event.kind === 'put' ? event.entry.key : event.key;
}

function valueOf(event: StoreEvent | undefined): { readonly value: string } | undefined {
  return event?.kind === 'put' ? event.entry : undefined;
}
