import type { Config, ConfigMeta, ConfigName } from '../../core/config-document.js';
import type { Entry, Revision } from '../../store/store.js';
import { JsonRecord } from '../json-record.js';

/** What is stored of a document beside its text. */
export interface ConfigHead {
  readonly version: number;
  readonly firstVersion: number;
  readonly enabled: boolean;
  readonly id: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Whether there is a schema, under its own key. */
  readonly hasSchema: boolean;
}

/** @param bytes what the document takes of the store; undefined: that is not counted. */
export function writeHead(head: ConfigHead, bytes: number | undefined): string {
  return JSON.stringify({ ...head, bytes });
}

/** What a document takes, by its head, or a namespace, by its record. Apart from the head, so that it never goes into the next one without being counted. */
export function readBytes(entry: Pick<Entry, 'value'> | undefined): number | undefined {
  return entry && JsonRecord.parse(entry.value).number('bytes');
}

/** Undefined if there is no document. What another program wrote reads as a document of version 0. */
export function readHead(entry: Pick<Entry, 'value'> | undefined): ConfigHead | undefined {
  if (entry === undefined) return undefined;
  const record = JsonRecord.parse(entry.value);
  return {
    version: record.number('version') ?? 0,
    firstVersion: record.number('firstVersion') ?? 0,
    enabled: record.flag('enabled'),
    id: record.number('id') ?? 0,
    createdAtMs: record.number('createdAtMs') ?? 0,
    updatedAtMs: record.number('updatedAtMs') ?? 0,
    hasSchema: record.flag('hasSchema'),
  };
}

export function metaOf(at: ConfigName, head: ConfigHead, revision: number): ConfigMeta {
  return {
    namespace: at.namespace,
    name: at.name,
    version: head.version,
    firstVersion: head.firstVersion,
    enabled: head.enabled,
    id: head.id,
    createdAtMs: head.createdAtMs,
    updatedAtMs: head.updatedAtMs,
    revision,
  };
}

/** A document as it was at one revision of the store. */
export interface Found {
  readonly head: ConfigHead;
  /** Of the head's last change. */
  readonly headRevision: Revision;
  /** Which version `document` is. */
  readonly version: number;
  readonly document: string;
  /** Empty: none. */
  readonly schema: string;
}

/** What a caller is told of a document that was read from the store just now. */
export function configOf(at: ConfigName, found: Found): Config {
  return {
    ...metaOf(at, found.head, found.headRevision),
    documentVersion: found.version,
    document: found.document,
    schema: found.schema,
    cached: false,
    ageMs: 0,
  };
}
