import type { Revision } from '../../store/store.js';
import type { Change } from './change.js';
import type { Found } from './records.js';
import type { Snapshot } from './snapshot.js';

/** What a write came to. */
export interface Written {
  /** Undefined: it is deleted. */
  readonly found: Found | undefined;
  readonly revision: Revision;
}

/** What a change came to. `document` is the text of its version. */
export function writtenOf(
  change: Change,
  snapshot: Snapshot,
  document: string,
  revision: Revision,
): Written {
  if (change.kind === 'delete') return { found: undefined, revision };
  const { head } = change;
  const schema = change.schema ?? snapshot.schema;
  const found = { head, headRevision: revision, version: head.version, document, schema };
  return { found, revision };
}

/** What is recorded of it for the same request. The text is not: it is stored as a version. */
export function recordOf(change: Change, before: Snapshot): Readonly<Record<string, unknown>> {
  if (change.kind === 'delete') return { kind: 'delete' };
  const schema = change.schema ?? before.schema;
  return { kind: 'put', head: JSON.stringify(change.head), schema };
}
