import {
  configNotFound,
  type ConfigName,
  type DeleteConfigRequest,
  type PatchConfigRequest,
  type PutConfigRequest,
} from '../../core/config-document.js';
import { checkIfNoneMatch } from '../../core/entity-tags.js';
import { Fault } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import { firstKept, type Change } from './change.js';
import type { RequestWork } from './jobs/request-work.js';
import type { ConfigHead } from './records.js';
import type { Snapshot } from './snapshot.js';

/** What the decisions stand on. */
export interface DecideParts {
  readonly limits: Limits;
  readonly work: RequestWork;
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number;
}

type PutChange = Extract<Change, { readonly kind: 'put' }>;

/** @throws Fault ALREADY_EXISTS if there is such a document. */
export async function decideCreate(
  parts: DecideParts,
  request: PutConfigRequest,
  snapshot: Snapshot,
): Promise<PutChange> {
  if (snapshot.head !== undefined) {
    throw new Fault('ALREADY_EXISTS', 'name: there is a document of this name already', {
      field: 'name',
      reason: 'CONFIG_EXISTS',
    });
  }
  return decidePut(parts, request, snapshot);
}

/** @throws Fault INVALID_ARGUMENT (SCHEMA_VIOLATION), FAILED_PRECONDITION (ETAG_MISMATCH). */
export async function decidePut(
  parts: DecideParts,
  { document, schema, ifNoneMatch }: PutConfigRequest,
  snapshot: Snapshot,
): Promise<PutChange> {
  const { head, headRevision } = snapshot;
  checkIfNoneMatch(ifNoneMatch, head === undefined ? undefined : headRevision);
  return nextVersion(parts, snapshot, document, schema);
}

/** @throws as `decidePut`; NOT_FOUND without a document; FAILED_PRECONDITION if the patch does not fit it. */
export async function decidePatch(
  parts: DecideParts,
  request: PatchConfigRequest,
  snapshot: Snapshot,
  readVersion: (version: number) => Promise<string>,
): Promise<PutChange> {
  const { type, patch } = request;
  const head = existing(request, snapshot);
  const before = await readVersion(head.version);
  const maxBytes = parts.limits.documentBytes;
  const document = await parts.work.patch({ type, patch, document: before, maxBytes });
  return nextVersion(parts, snapshot, document, undefined);
}

/** @throws as `decidePut`; NOT_FOUND without the document, or the version. */
export async function decideRollback(
  parts: DecideParts,
  request: ConfigName & { readonly version: number },
  snapshot: Snapshot,
  readVersion: (version: number) => Promise<string>,
): Promise<PutChange> {
  existing(request, snapshot);
  return nextVersion(parts, snapshot, await readVersion(request.version), undefined);
}

/** @throws Fault NOT_FOUND without a document. */
export function decideEnabled(
  nowMs: number,
  request: ConfigName & { readonly enabled: boolean },
  snapshot: Snapshot,
): PutChange {
  const head = { ...existing(request, snapshot), enabled: request.enabled, updatedAtMs: nowMs };
  return { kind: 'put', head, document: undefined, schema: undefined };
}

/** @throws Fault NOT_FOUND without a document; FAILED_PRECONDITION (CONFIG_ENABLED) unless disabled or forced. */
export function decideDelete(request: DeleteConfigRequest, snapshot: Snapshot): Change {
  const { enabled } = existing(request, snapshot);
  if (!enabled || request.force) return { kind: 'delete' };
  throw new Fault(
    'FAILED_PRECONDITION',
    'the document is enabled: disable it before you delete it, or force the deletion',
    { reason: 'CONFIG_ENABLED' },
  );
}

function existing(at: ConfigName, { head }: Snapshot): ConfigHead {
  if (head === undefined) throw configNotFound(at);
  return head;
}

async function nextVersion(
  { limits, work, nowMs }: DecideParts,
  { head, lastId, schema: before }: Snapshot,
  document: string,
  schema: string | undefined,
): Promise<PutChange> {
  const inForce = schema ?? before;
  if (inForce !== '') await work.check(inForce, document);
  const hasSchema = inForce !== '';
  if (head === undefined) {
    const first = { version: 0, firstVersion: 0, enabled: true, id: lastId + 1 };
    const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
    return { kind: 'put', head: { ...first, ...times, hasSchema }, document, schema };
  }
  const version = head.version + 1;
  const firstVersion = firstKept(head.firstVersion, version, limits.configVersions);
  const next = { ...head, version, firstVersion, updatedAtMs: nowMs, hasSchema };
  return { kind: 'put', head: next, document, schema };
}
