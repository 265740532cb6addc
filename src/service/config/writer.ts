import { checkIfMatch, type Config, type ConfigWrite } from '../../core/config-document.js';
import { Fault } from '../../core/errors.js';
import { checkRequestId } from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import { exactly, type Revision } from '../../store/store.js';
import { FenceCheck } from '../fence.js';
import type { FirstOutcome, Recorder } from '../operation-log.js';
import { operationsOf, unchangedSince, type Change } from './change.js';
import type { ConfigParts } from './parts.js';
import { metaOf, readHead, type ConfigHead } from './records.js';
import { SNAPSHOT_READS, snapshotAt, snapshotReads, type Snapshot } from './snapshot.js';

/** How often others may write the document between our read and our write before the caller shall ask again. */
const MAX_TRIES = 20;

/** Works out the change, from what is there. @throws Fault if it must not be done. */
export type Decide = (
  snapshot: Snapshot,
  /** The text of a version. @throws Fault NOT_FOUND if it is not kept. */
  readVersion: (version: number) => Promise<string>,
) => Change | Promise<Change>;

/** What a write came to. */
export type Written =
  | { readonly kind: 'delete'; readonly revision: Revision }
  | { readonly kind: 'put'; readonly config: Config };

/**
 * Writes documents: reads, decides, and writes in a transaction that compares what was read; from the start if
 * somebody was faster. All conditions of the request are in that transaction.
 */
export class ConfigWriter {
  readonly #parts: ConfigParts;
  readonly #onWritten: (request: ConfigWrite, written: Written) => void;

  constructor(parts: ConfigParts, onWritten: (request: ConfigWrite, written: Written) => void) {
    this.#parts = parts;
    this.#onWritten = onWritten;
  }

  /** `content` is what makes two requests of the same kind the same, beside what they have in common. */
  async write(
    request: ConfigWrite,
    kind: string,
    content: Readonly<Record<string, unknown>>,
    decide: Decide,
  ): Promise<Written> {
    const { limits, layout, operations } = this.#parts;
    checkName(request.namespace, limits.nameBytes, 'namespace');
    checkName(request.name, limits.nameBytes);
    checkRequestId(request.requestId, limits);
    const fence =
      request.fence === undefined ? undefined : new FenceCheck(request.fence, layout.lock, limits);
    const identity = { ...request, ...content };
    const operation = operations.begin(request.requestId, kind, identity);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const recorder = await operation.recorder();
      const { snapshot, first } = await this.#look(request, recorder);
      if (first !== undefined) return this.#replay(request, first);
      checkIfMatch(
        request.ifMatch,
        snapshot.head === undefined ? undefined : snapshot.headRevision,
      );
      const change = await decide(snapshot, (version) => this.readVersion(request, version));
      const revision = await this.#commit(request, snapshot, change, fence, recorder);
      if (revision === undefined) continue;
      const written = await this.#written(request, snapshot, change, revision);
      this.#onWritten(request, written);
      return written;
    }
    throw new Fault('ABORTED', 'the document is written too often by others; ask again');
  }

  async readVersion({ namespace, name }: ConfigWrite, version: number): Promise<string> {
    const key = this.#parts.layout.configs(namespace).version(name, version);
    const { entries } = await this.#parts.store.read({ range: exactly(key) });
    if (entries[0] !== undefined) return entries[0].value;
    throw new Fault('NOT_FOUND', `version: there is no version ${version}, or it is not kept`, {
      field: 'version',
      reason: 'VERSION_NOT_FOUND',
    });
  }

  async #look(
    request: ConfigWrite,
    recorder: Recorder,
  ): Promise<{ readonly snapshot: Snapshot; readonly first: FirstOutcome | undefined }> {
    const { store, layout } = this.#parts;
    const reads = snapshotReads(layout, request);
    const outcome = await store.transact({
      resource: layout.configs(request.namespace).head(request.name),
      compare: [],
      then: [...reads, ...recorder.reads],
      else: [],
    });
    return { snapshot: snapshotAt(outcome, 0), first: recorder.replay(outcome, SNAPSHOT_READS) };
  }

  /** @returns undefined if the document was changed since the snapshot, or the same request was done. */
  async #commit(
    request: ConfigWrite,
    snapshot: Snapshot,
    change: Change,
    fence: FenceCheck | undefined,
    recorder: Recorder,
  ): Promise<Revision | undefined> {
    const { store, layout } = this.#parts;
    const keys = layout.configs(request.namespace);
    const outcome = await store.transact({
      resource: keys.head(request.name),
      compare: [
        ...unchangedSince(keys, request.name, snapshot),
        ...(fence === undefined ? [] : [fence.compare]),
        ...recorder.compares,
      ],
      then: [
        ...operationsOf(keys, request, snapshot, change),
        ...recorder.records(recordOf(change)),
      ],
      else: fence === undefined ? [] : [...fence.reads],
    });
    if (outcome.succeeded) return outcome.revision;
    fence?.inspect(outcome, 0);
    return undefined;
  }

  async #written(
    request: ConfigWrite,
    snapshot: Snapshot,
    change: Change,
    revision: Revision,
  ): Promise<Written> {
    if (change.kind === 'delete') return { kind: 'delete', revision };
    const { head } = change;
    const document = change.document ?? (await this.readVersion(request, head.version));
    const schema = change.schema ?? snapshot.schema;
    return { kind: 'put', config: configOf(request, head, revision, document, schema) };
  }

  async #replay(request: ConfigWrite, first: FirstOutcome): Promise<Written> {
    const head = readHead({ value: first.outcome.text('head') });
    if (first.outcome.text('kind') === 'delete' || head === undefined) {
      return { kind: 'delete', revision: first.revision };
    }
    const document = await this.readVersion(request, head.version);
    const schema = first.outcome.text('schema');
    return { kind: 'put', config: configOf(request, head, first.revision, document, schema) };
  }
}

function configOf(
  at: ConfigWrite,
  head: ConfigHead,
  revision: Revision,
  document: string,
  schema: string,
): Config {
  return {
    ...metaOf(at, head, revision),
    documentVersion: head.version,
    document,
    schema,
    cached: false,
    ageMs: 0,
  };
}

function recordOf(change: Change): Readonly<Record<string, unknown>> {
  if (change.kind === 'delete') return { kind: 'delete' };
  return { kind: 'put', head: JSON.stringify(change.head), schema: change.schema ?? '' };
}
