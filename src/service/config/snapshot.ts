import type { ConfigName } from '../../core/config-document.js';
import type { KeyLayout } from '../../core/keys.js';
import { exactly, readAt, type Outcome, type Read, type Revision } from '../../store/store.js';
import { readHead, type ConfigHead } from './records.js';

/** What the store has of a document at one revision, without its text. */
export interface Snapshot {
  /** Undefined: there is no document. */
  readonly head: ConfigHead | undefined;
  /** Of the head's last change; 0 without one. */
  readonly headRevision: Revision;
  /** Empty: none. */
  readonly schema: string;
  /** The last id given in the namespace, and when; 0: none. */
  readonly lastId: number;
  readonly sequenceRevision: Revision;
}

export const SNAPSHOT_READS = 3;

export function snapshotReads(layout: KeyLayout, { namespace, name }: ConfigName): Read[] {
  const keys = layout.configs(namespace);
  return [keys.head(name), keys.schema(name), keys.sequence].map((key) => ({
    kind: 'read',
    range: exactly(key),
  }));
}

/** What the reads of `snapshotReads` found, the first of them at `index`. */
export function snapshotAt(outcome: Outcome, index: number): Snapshot {
  const head = readAt(outcome, index).entries[0];
  const sequence = readAt(outcome, index + 2).entries[0];
  return {
    head: readHead(head),
    headRevision: head?.modRevision ?? 0,
    schema: readAt(outcome, index + 1).entries[0]?.value ?? '',
    lastId: Number(sequence?.value ?? 0) || 0,
    sequenceRevision: sequence?.modRevision ?? 0,
  };
}
