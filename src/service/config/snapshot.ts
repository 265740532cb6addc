import type { ConfigName } from '../../core/config-document.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Revision } from '../../store/store.js';
import { readKey, type Query } from '../transaction.js';
import { readBytes, readHead, type ConfigHead } from './records.js';

/** What the store has of a document at one revision, without its text. */
export interface Snapshot {
  /** Undefined: there is no document. */
  readonly head: ConfigHead | undefined;
  /** Of the head's last change; 0 without one. */
  readonly headRevision: Revision;
  /** What the document takes of the store, by its head; undefined: that does not say it. */
  readonly bytes: number | undefined;
  /** Empty: none. */
  readonly schema: string;
  /** The last id given in the namespace, and when; 0: none. */
  readonly lastId: number;
  readonly sequenceRevision: Revision;
}

export function snapshotQuery(layout: KeyLayout, { namespace, name }: ConfigName): Query<Snapshot> {
  const keys = layout.configs(namespace);
  const head = readKey(keys.head(name));
  const schema = readKey(keys.schema(name));
  const sequence = readKey(keys.sequence);
  return {
    reads: [head, schema, sequence],
    found: (done) => ({
      head: readHead(done.entry(head)),
      headRevision: done.entry(head)?.modRevision ?? 0,
      bytes: readBytes(done.entry(head)),
      schema: done.entry(schema)?.value ?? '',
      lastId: Number(done.entry(sequence)?.value ?? 0) || 0,
      sequenceRevision: done.entry(sequence)?.modRevision ?? 0,
    }),
  };
}
