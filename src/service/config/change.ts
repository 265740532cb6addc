import type { ConfigName } from '../../core/config-document.js';
import type { ConfigKeys } from '../../core/keys.js';
import { absent, exactly, prefixed } from '../../store/store.js';
import type { Compare, KeyRange, Operation } from '../../store/store.js';
import { writeHead, type ConfigHead } from './records.js';
import type { Snapshot } from './snapshot.js';

/** What a write makes of a document. */
export type Change =
  | { readonly kind: 'delete' }
  | {
      readonly kind: 'put';
      readonly head: ConfigHead;
      /** The text of `head.version`, if that is a new version. */
      readonly document: string | undefined;
      /** Undefined: as it was; empty: none. */
      readonly schema: string | undefined;
      /** What the document takes then; undefined: that is not counted. */
      readonly bytes?: number;
    };

/** Of the versions that are dropped when there are too many, so many at a time. */
const DROPPED_AT_ONCE = 8;

/** True as long as nobody changed the document since the snapshot, nor, for a new one, took its id. */
export function unchangedSince(keys: ConfigKeys, name: string, snapshot: Snapshot): Compare[] {
  const same = (key: string, revision: number): Compare =>
    revision === 0
      ? absent(exactly(key))
      : { range: exactly(key), target: 'mod', is: '=', operand: revision };
  return [
    same(keys.head(name), snapshot.headRevision),
    ...(snapshot.head === undefined ? [same(keys.sequence, snapshot.sequenceRevision)] : []),
  ];
}

/** The operations that make the change, but for the sequence of ids. */
export function operationsOf(
  keys: ConfigKeys,
  { name }: ConfigName,
  snapshot: Snapshot,
  change: Change,
): Operation[] {
  if (change.kind === 'delete') {
    return [
      exactly(keys.head(name)),
      prefixed(keys.versions(name)),
      exactly(keys.schema(name)),
    ].map(remove);
  }
  const { head, document, schema, bytes } = change;
  const put = (key: string, value: string): Operation => ({ kind: 'put', key, value });
  return [
    put(keys.head(name), writeHead(head, bytes)),
    ...(document === undefined ? [] : [put(keys.version(name, head.version), document)]),
    ...(schema === undefined
      ? []
      : [schema === '' ? remove(exactly(keys.schema(name))) : put(keys.schema(name), schema)]),
    ...dropped(snapshot.head, head).map((version) => remove(exactly(keys.version(name, version)))),
  ];
}

/** The first version to keep, so that at most `limit` are, and not too many are dropped at once. */
export function firstKept(firstVersion: number, version: number, limit: number): number {
  return Math.min(Math.max(firstVersion, version - limit + 1), firstVersion + DROPPED_AT_ONCE);
}

function dropped(before: ConfigHead | undefined, after: ConfigHead): number[] {
  const first = before?.firstVersion ?? 0;
  return Array.from({ length: after.firstVersion - first }, (_, index) => first + index);
}

function remove(range: KeyRange): Operation {
  return { kind: 'delete', range };
}
