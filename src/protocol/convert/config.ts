import type {
  Config,
  ConfigEvent,
  ConfigMeta,
  ConfigPage,
  ConfigVersionPage,
  ConfigWrite,
  Consistency,
  DeleteConfigRequest,
  GetConfigRequest,
  ListConfigsRequest,
  ListConfigVersionsRequest,
  PatchConfigRequest,
  PatchType,
  PutConfigRequest,
  RollbackConfigRequest,
  SetConfigEnabledRequest,
  WatchConfigsRequest,
} from '../../core/config-document.js';
import { entityTag, parseEntityTags } from '../../core/entity-tags.js';
import { invalid } from '../../core/errors.js';
import { checkVisible } from '../../core/visible.js';
import type { Config as WireConfig } from '../generated/sharedlock/v1/Config.js';
import type { CreateConfigRequest__Output } from '../generated/sharedlock/v1/CreateConfigRequest.js';
import type { DeleteConfigRequest__Output } from '../generated/sharedlock/v1/DeleteConfigRequest.js';
import type { Fence__Output } from '../generated/sharedlock/v1/Fence.js';
import type { GetConfigRequest__Output } from '../generated/sharedlock/v1/GetConfigRequest.js';
import type { ListConfigsRequest__Output } from '../generated/sharedlock/v1/ListConfigsRequest.js';
import type { ListConfigsResponse } from '../generated/sharedlock/v1/ListConfigsResponse.js';
import type { ListConfigVersionsRequest__Output } from '../generated/sharedlock/v1/ListConfigVersionsRequest.js';
import type { ListConfigVersionsResponse } from '../generated/sharedlock/v1/ListConfigVersionsResponse.js';
import type { PatchConfigRequest__Output } from '../generated/sharedlock/v1/PatchConfigRequest.js';
import type { PutConfigRequest__Output } from '../generated/sharedlock/v1/PutConfigRequest.js';
import type { RollbackConfigRequest__Output } from '../generated/sharedlock/v1/RollbackConfigRequest.js';
import type { SetConfigEnabledRequest__Output } from '../generated/sharedlock/v1/SetConfigEnabledRequest.js';
import type { WatchConfigsRequest__Output } from '../generated/sharedlock/v1/WatchConfigsRequest.js';
import type { WatchConfigsResponse } from '../generated/sharedlock/v1/WatchConfigsResponse.js';
import { fenceFrom } from './fence.js';
import { revisionFrom } from './numbers.js';
import { durationOf } from './values.js';

/** Domain requests of messages. All throw Fault INVALID_ARGUMENT for what only the wire can get wrong. */
export function createConfigFrom(message: CreateConfigRequest__Output): PutConfigRequest {
  const { document, schema } = message;
  checkNames(message);
  return { ...writeFrom({ ...message, ifMatch: '' }), document, schema, ifNoneMatch: undefined };
}

export function putConfigFrom(message: PutConfigRequest__Output): PutConfigRequest {
  const { document, schema } = message;
  checkNames(message);
  const ifNoneMatch = parseEntityTags(message.ifNoneMatch, 'if_none_match');
  return { ...writeFrom(message), document, schema, ifNoneMatch };
}

export function patchConfigFrom(message: PatchConfigRequest__Output): PatchConfigRequest {
  return { ...writeFrom(message), type: patchTypeFrom(message.type), patch: message.patch };
}

export function deleteConfigFrom(message: DeleteConfigRequest__Output): DeleteConfigRequest {
  return { ...writeFrom(message), force: message.force };
}

export function setEnabledFrom(message: SetConfigEnabledRequest__Output): SetConfigEnabledRequest {
  return { ...writeFrom(message), enabled: message.enabled };
}

export function rollbackFrom(message: RollbackConfigRequest__Output): RollbackConfigRequest {
  const { version } = message;
  if (version === undefined) throw invalid('version', 'is needed: the version to go back to');
  return { ...writeFrom(message), version };
}

export function getConfigFrom(message: GetConfigRequest__Output): GetConfigRequest {
  const { namespace, name, version } = message;
  return { namespace, name, version, consistency: consistencyFrom(message.consistency) };
}

export function listConfigsFrom(message: ListConfigsRequest__Output): ListConfigsRequest {
  const { namespace, prefix, pageSize, pageToken } = message;
  return { namespace, prefix, pageSize, pageToken };
}

export function listVersionsFrom(
  message: ListConfigVersionsRequest__Output,
): ListConfigVersionsRequest {
  const { namespace, name, pageSize, pageToken } = message;
  return { namespace, name, pageSize, pageToken };
}

export function watchConfigsFrom(message: WatchConfigsRequest__Output): WatchConfigsRequest {
  const { namespace, name, prefix } = message;
  const fromRevision = revisionFrom(message.fromRevision, 'from_revision');
  return { namespace, name, prefix, fromRevision };
}

export function configOf(config: Config): WireConfig {
  return {
    ...metaOf(config),
    documentVersion: config.documentVersion,
    document: config.document,
    schema: config.schema,
    cached: config.cached,
    age: durationOf(config.ageMs),
  };
}

export function configPageOf(page: ConfigPage): ListConfigsResponse {
  const { configs, nextPageToken, total } = page;
  return { configs: configs.map(metaOf), nextPageToken, total };
}

export function versionPageOf(page: ConfigVersionPage): ListConfigVersionsResponse {
  const versions = page.versions.map(({ version, revision }) => ({ version, revision }));
  return { versions, nextPageToken: page.nextPageToken };
}

export function configEventOf(event: ConfigEvent): WatchConfigsResponse {
  const { kind, revision } = event;
  if (event.kind === 'PUT') return { kind, revision, config: configOf(event.config) };
  if (event.kind === 'DELETED') return { kind, revision, name: event.name };
  return { kind, revision };
}

function metaOf(meta: ConfigMeta): WireConfig {
  return {
    namespace: meta.namespace,
    name: meta.name,
    version: meta.version,
    firstVersion: meta.firstVersion,
    enabled: meta.enabled,
    id: meta.id,
    createdAt: durationOf(meta.createdAtMs),
    updatedAt: durationOf(meta.updatedAtMs),
    revision: meta.revision,
    etag: entityTag(meta.revision),
  };
}

interface WireWrite {
  readonly namespace: string;
  readonly name: string;
  readonly ifMatch: string;
  readonly requestId: string;
  readonly fence: Fence__Output | null;
}

function writeFrom(message: WireWrite): ConfigWrite {
  return {
    namespace: message.namespace,
    name: message.name,
    ifMatch: parseEntityTags(message.ifMatch, 'if_match'),
    requestId: message.requestId,
    fence: fenceFrom(message.fence),
  };
}

/** @throws Fault INVALID_ARGUMENT for a number that is none: proto3 keeps those. */
function consistencyFrom(consistency: Consistency): Consistency {
  if (typeof consistency === 'string') return consistency;
  throw invalid('consistency', 'must be one of CACHED, LINEARIZABLE');
}

/** As `consistencyFrom`. */
function patchTypeFrom(type: PatchType): PatchType {
  if (typeof type === 'string') return type;
  throw invalid('type', 'must be one of MERGE_PATCH, JSON_PATCH');
}

function checkNames({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): void {
  checkVisible(namespace, 'namespace');
  checkVisible(name);
}
