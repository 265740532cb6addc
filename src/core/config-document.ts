import type { Fence } from './counter.js';
import { Fault, invalid } from './errors.js';

/** A document, by namespace and name. */
export interface ConfigName {
  readonly namespace: string;
  readonly name: string;
}

/** What is known of a document beside its text. */
export interface ConfigMeta extends ConfigName {
  /** The latest version, from 0. */
  readonly version: number;
  /** The oldest version that is kept. */
  readonly firstVersion: number;
  readonly enabled: boolean;
  /** In the order of creation within the namespace, from 1. Not used again after a deletion. */
  readonly id: number;
  /** Wall clock, milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Of the last change, of text or mark. */
  readonly revision: number;
}

/** One version of a document. */
export interface Config extends ConfigMeta {
  /** Which version `document` is. */
  readonly documentVersion: number;
  /** JSON text, as it was written. */
  readonly document: string;
  /** The JSON Schema that each version must satisfy; empty: none. */
  readonly schema: string;
  /** True if it came from this daemon's memory. */
  readonly cached: boolean;
  /** How long ago it was last known to be current; 0 unless cached and out of step. */
  readonly ageMs: number;
}

/** Every write. */
export interface ConfigWrite extends ConfigName {
  /** Tags, one of which the document must have; undefined: whatever it has. */
  readonly ifMatch: EntityTags | undefined;
  readonly requestId: string;
  readonly fence: Fence | undefined;
}

export interface PutConfigRequest extends ConfigWrite {
  readonly document: string;
  /** Undefined: as it was; empty: none. */
  readonly schema: string | undefined;
}

export type PatchType = 'MERGE_PATCH' | 'JSON_PATCH';

export interface PatchConfigRequest extends ConfigWrite {
  readonly type: PatchType;
  readonly patch: string;
}

export interface DeleteConfigRequest extends ConfigWrite {
  /** Also if it is enabled. */
  readonly force: boolean;
}

export interface SetConfigEnabledRequest extends ConfigWrite {
  readonly enabled: boolean;
}

export interface RollbackConfigRequest extends ConfigWrite {
  readonly version: number;
}

export type Consistency = 'CACHED' | 'LINEARIZABLE';

export interface GetConfigRequest extends ConfigName {
  /** Undefined: the latest. */
  readonly version: number | undefined;
  readonly consistency: Consistency;
}

export interface ListConfigsRequest {
  readonly namespace: string;
  readonly prefix: string;
  /** 0: the default of 100. */
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface ConfigPage {
  readonly configs: readonly ConfigMeta[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
  /** All documents of the namespace. */
  readonly total: number;
}

export interface WatchConfigsRequest {
  readonly namespace: string;
  readonly prefix: string;
  /** Resume after this revision; 0: begin with the documents of now. */
  readonly fromRevision: number;
}

export type ConfigEvent =
  | { readonly kind: 'PUT'; readonly revision: number; readonly config: Config }
  | { readonly kind: 'DELETED'; readonly revision: number; readonly name: string }
  /** All documents of the beginning have been told. */
  | { readonly kind: 'SYNCED'; readonly revision: number };

/** What If-Match and If-None-Match hold (RFC 9110, 13.1): `*`, or tags of which one must match. */
export type EntityTags = '*' | readonly string[];

/** The entity tag of a document at a revision, with its quotes. */
export function entityTag(revision: number): string {
  return `"${revision}"`;
}

const TAG = /\s*(?:W\/)?"[\u0021\u0023-\u007e\u0080-\u{10ffff}]*"\s*/u;
const TAGS = new RegExp(`^(?:${TAG.source})(?:,${TAG.source})*$`, 'u');

/** @throws Fault INVALID_ARGUMENT unless the text is `*` or a list of quoted tags. Empty: undefined. */
export function parseEntityTags(text: string, field: string): EntityTags | undefined {
  if (text === '') return undefined;
  if (text.trim() === '*') return '*';
  if (text.length > 1024 || !TAGS.test(text)) {
    throw invalid(field, 'must be * or quoted tags, such as "42"; copy the ETag of an answer');
  }
  return text.split(',').map((tag) => tag.trim());
}

/** @throws Fault FAILED_PRECONDITION (ETAG_MISMATCH) unless the document is there and has one of the tags. */
export function checkIfMatch(ifMatch: EntityTags | undefined, revision: number | undefined): void {
  if (ifMatch === undefined) return;
  const matches =
    ifMatch === '*' || (revision !== undefined && ifMatch.includes(entityTag(revision)));
  if (revision !== undefined && matches) return;
  throw new Fault(
    'FAILED_PRECONDITION',
    'if_match: the document was changed, or is not there; read it again',
    { field: 'if_match', reason: 'ETAG_MISMATCH' },
  );
}
