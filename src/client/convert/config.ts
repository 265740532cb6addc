import type { Config as ConfigDocument } from '../../core/config-document.js';
import { msFrom } from '../../protocol/convert/values.js';
import type { Config__Output } from '../../protocol/generated/sharedlock/v1/Config.js';
import type { WatchConfigsResponse__Output } from '../../protocol/generated/sharedlock/v1/WatchConfigsResponse.js';

/** One version of a document. In lists without `document` and `schema`. */
export interface Config extends ConfigDocument {
  /** The revision in quotes, for `ifMatch`. */
  readonly etag: string;
}

/** What a watch of documents tells. `revision`: resume after it. */
export type ConfigChange =
  /** A document, as it is or became. `revision` is 0 as long as the documents of the beginning are told. */
  | { readonly kind: 'PUT'; readonly revision: number; readonly config: Config }
  | { readonly kind: 'DELETED'; readonly revision: number; readonly name: string }
  /** What was told before no longer counts: all documents follow, then SYNCED. */
  | { readonly kind: 'RESYNC'; readonly revision: number }
  /** All documents have been told; from here on, changes. */
  | { readonly kind: 'SYNCED'; readonly revision: number };

export function configFrom(config: Config__Output): Config {
  return {
    namespace: config.namespace,
    name: config.name,
    version: config.version,
    firstVersion: config.firstVersion,
    enabled: config.enabled,
    id: config.id,
    createdAtMs: msFrom(config.createdAt) ?? 0,
    updatedAtMs: msFrom(config.updatedAt) ?? 0,
    revision: Number(config.revision),
    etag: config.etag,
    documentVersion: config.documentVersion,
    document: config.document,
    schema: config.schema,
    cached: config.cached,
    ageMs: msFrom(config.age) ?? 0,
  };
}

/** Undefined for an event of a kind that this client does not know yet. */
export function configChangeFrom(message: WatchConfigsResponse__Output): ConfigChange | undefined {
  const { kind, config, name } = message;
  const revision = Number(message.revision);
  switch (kind) {
    case 'PUT':
      return config === null ? undefined : { kind, revision, config: configFrom(config) };
    case 'DELETED':
      return { kind, revision, name };
    case 'RESYNC':
    case 'SYNCED':
      return { kind, revision };
    default:
      return undefined;
  }
}
