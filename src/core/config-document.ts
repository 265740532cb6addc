import type { Fence } from './counter.js';
import type { EntityTags } from './entity-tags.js';
import { Fault } from './errors.js';

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
  /** A mark for its readers; it can't be deleted as long as it has it. */
  readonly enabled: boolean;
  /** In the order of creation within the namespace, from 1. Not used again after a deletion. */
  readonly id: number;
  /** Wall clock, milliseconds since 1970. */
  readonly createdAtMs: number;
  /** As `createdAtMs`: of the last change, of text or mark. */
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
  /** How long ago it was last known to be current, in milliseconds; 0 unless cached and out of step. */
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
  /** Tags, none of which the document may have; `*`: it must not be there. Undefined: whatever it has. */
  readonly ifNoneMatch: EntityTags | undefined;
  /** Undefined: as it was; empty: none. */
  readonly schema: string | undefined;
}

/** MERGE_PATCH: RFC 7396. JSON_PATCH: RFC 6902. */
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

/** CACHED: from the daemon's memory if it has it. LINEARIZABLE: from the storage, as of now. */
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

/** One version, without its text. */
export interface ConfigVersion {
  /** From 0. */
  readonly version: number;
  /** At which it was written. */
  readonly revision: number;
}

export interface ListConfigVersionsRequest extends ConfigName {
  /** 0: the default of 100. */
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface ConfigVersionPage {
  /** Newest first. */
  readonly versions: readonly ConfigVersion[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

export interface WatchConfigsRequest {
  readonly namespace: string;
  /** Only this document; empty: all that begin with `prefix`. */
  readonly name: string;
  readonly prefix: string;
  /** Resume after this revision; 0: begin with the documents of now. */
  readonly fromRevision: number;
}

/** `revision`: resume from there. 0 while the documents of the beginning are told: begin anew. */
export type ConfigEvent =
  | { readonly kind: 'PUT'; readonly revision: number; readonly config: Config }
  | { readonly kind: 'DELETED'; readonly revision: number; readonly name: string }
  /** Events were lost: what was told before no longer counts, all documents follow, then SYNCED. */
  | { readonly kind: 'RESYNC'; readonly revision: 0 }
  /** All documents have been told; from here on, changes. */
  | { readonly kind: 'SYNCED'; readonly revision: number };

export function configNotFound({ namespace, name }: ConfigName): Fault {
  const message = `there is no document ${JSON.stringify(name)} in the namespace ${JSON.stringify(namespace)}`;
  return new Fault('NOT_FOUND', message, { reason: 'CONFIG_NOT_FOUND' });
}

export function versionNotFound(version: number): Fault {
  return new Fault('NOT_FOUND', `version: there is no version ${version}, or it is not kept`, {
    field: 'version',
    reason: 'VERSION_NOT_FOUND',
  });
}
