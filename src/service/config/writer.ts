import { versionNotFound, type ConfigName, type ConfigWrite } from '../../core/config-document.js';
import { checkIfMatch } from '../../core/entity-tags.js';
import { Fault, isFault } from '../../core/errors.js';
import { checkRequestId } from '../../core/lock.js';
import { absent, exactly, type Entry, type Operation, type Revision } from '../../store/store.js';
import { FenceCheck } from '../fence.js';
import type { FirstOutcome, Recorder } from '../operation-log.js';
import type { Requests } from '../request-forms.js';
import { put, transact } from '../transaction.js';
import { operationsOf, unchangedSince, type Change } from './change.js';
import { Creations } from './creations.js';
import { ConfigSpace, type Counted, type Taken } from './space.js';
import { WriteTurns } from './write-turns.js';
import { throwIfGone, type Caller } from '../caller.js';
import { checkConfigName } from './names.js';
import type { ConfigParts } from './parts.js';
import { readHead } from './records.js';
import { snapshotQuery, type Snapshot } from './snapshot.js';
import { recordOf, writtenOf, type Written } from './written.js';

/** How often others may write the document between our read and our write before the caller shall ask again. */
const MAX_TRIES = 50;

/** Works out the change, from what is there. @throws Fault if it must not be done. */
export type Decide = (
  snapshot: Snapshot,
  /** The text of a version. @throws Fault NOT_FOUND if it is not kept. */
  readVersion: (version: number) => Promise<string>,
) => Change | Promise<Change>;

/** Which write of a document. */
export type ConfigWriteKind = Extract<keyof Requests, `config${string}`>;

/** One request, over all its tries. */
interface Attempt {
  readonly request: ConfigWrite;
  readonly decide: Decide;
  readonly fence: FenceCheck | undefined;
  /** Bytes that the namespace may take; undefined: they are not counted. */
  readonly space: number | undefined;
}

interface Looked {
  readonly snapshot: Snapshot;
  /** The outcome of the same request, if it was done before. */
  readonly first: FirstOutcome | undefined;
  /** What its namespace takes, if it is that one's turn. */
  readonly taken?: Taken;
}

/**
 * Writes documents: reads, decides, and writes in a transaction that compares what was read; from the start if
 * somebody was faster. All conditions of the request are in that transaction.
 */
export class ConfigWriter {
  readonly #parts: ConfigParts;
  readonly #turns = new WriteTurns();
  readonly #creations: Creations;
  readonly #space: ConfigSpace;
  readonly #onWritten: (at: ConfigName, written: Written) => void;

  /** `onWritten` is called before the writer is told. */
  constructor(parts: ConfigParts, onWritten: (at: ConfigName, written: Written) => void) {
    this.#parts = parts;
    this.#creations = new Creations(parts);
    this.#space = new ConfigSpace(parts);
    this.#onWritten = onWritten;
  }

  async write<Kind extends ConfigWriteKind>(
    request: Requests[Kind],
    kind: Kind,
    caller: Caller,
    decide: Decide,
  ): Promise<Written> {
    const { limits, layout, operations, clock } = this.#parts;
    checkConfigName(request, limits);
    checkRequestId(request.requestId, limits);
    const fence =
      request.fence === undefined ? undefined : new FenceCheck(request.fence, layout, limits);
    const operation = operations.begin(request.requestId, kind, request, caller);
    const space = caller.rights?.spaceOf(request.namespace);
    return this.#turns.run(layout.configs(request.namespace).head(request.name), async () => {
      const attempt = { request, decide, fence, space };
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        throwIfGone(caller, clock);
        const written = await operations.retryEnded(async () =>
          this.#attempt(attempt, await operation.recorder()),
        );
        if (written !== undefined) return written;
      }
      throw new Fault('ABORTED', 'the document is written too often by others; ask again');
    });
  }

  /** @returns undefined if the document was changed meanwhile, or the same request was done. */
  async #attempt(attempt: Attempt, recorder: Recorder): Promise<Written | undefined> {
    const { request, space } = attempt;
    const looked = await this.#look(request, recorder);
    const isNew = looked.first === undefined && looked.snapshot.head === undefined;
    if (!isNew) return this.#change(attempt, recorder, looked);
    if (space === undefined) return this.#create(attempt, recorder, looked.snapshot);
    // What is counted goes by itself: the next one has to know what it came to.
    return this.#space.inTurn(request.namespace, async (taken) =>
      this.#change(attempt, recorder, { ...(await this.#look(request, recorder)), taken }),
    );
  }

  /** Together with others that are created in the namespace at the same time. */
  async #create(
    attempt: Attempt,
    recorder: Recorder,
    snapshot: Snapshot,
  ): Promise<Written | undefined> {
    const { request, fence } = attempt;
    const { change, document } = await this.#decide(attempt, snapshot);
    if (change.kind === 'delete') throw new TypeError('nothing is deleted that is not there');
    const keys = this.#parts.layout.configs(request.namespace);
    const withId = (id: number): Change => ({ ...change, head: { ...change.head, id } });
    return this.#creations.create(request.namespace, {
      compares: [
        absent(exactly(keys.head(request.name))),
        ...(fence === undefined ? [] : [fence.compare]),
        ...recorder.compares,
      ],
      operations: (id): readonly Operation[] => [
        ...operationsOf(keys, request, snapshot, withId(id)),
        ...recorder.records(recordOf(withId(id), snapshot)),
      ],
      created: (id, revision) => {
        const written = writtenOf(withId(id), snapshot, document, revision);
        this.#onWritten(request, written);
        return written;
      },
      alone: async () => this.#change(attempt, recorder, await this.#look(request, recorder)),
    });
  }

  async #change(
    attempt: Attempt,
    recorder: Recorder,
    looked: Looked,
  ): Promise<Written | undefined> {
    const { request } = attempt;
    const { snapshot, first } = looked;
    if (first !== undefined) return this.#replay(request, first);
    const decided = await this.#decide(attempt, snapshot).catch(async (error: unknown) => {
      if (await this.#hasChanged(request, snapshot, error)) return undefined;
      throw error;
    });
    if (decided === undefined) return undefined;
    const { change, document } = decided;
    const revision = await this.#commitCounted(attempt, looked, change, recorder);
    if (revision === undefined) return undefined;
    const written = writtenOf(change, snapshot, document, revision);
    this.#onWritten(request, written);
    return written;
  }

  async #decide(
    { request, decide }: Attempt,
    snapshot: Snapshot,
  ): Promise<{ readonly change: Change; readonly document: string }> {
    const { head, headRevision } = snapshot;
    checkIfMatch(request.ifMatch, head === undefined ? undefined : headRevision);
    const change = await decide(snapshot, (version) => this.#readVersion(request, version));
    if (change.kind === 'delete') return { change, document: '' };
    // Before it is written, since nothing may fail afterwards.
    const document = change.document ?? (await this.#readVersion(request, change.head.version));
    return { change, document };
  }

  /** Whether a version was missed only because others wrote the document since the snapshot. */
  async #hasChanged(at: ConfigName, { headRevision }: Snapshot, error: unknown): Promise<boolean> {
    if (!isFault(error) || error.details.reason !== 'VERSION_NOT_FOUND') return false;
    const range = exactly(this.#parts.layout.configs(at.namespace).head(at.name));
    const { entries } = await this.#parts.store.read({ range, keysOnly: true });
    return (entries[0]?.modRevision ?? 0) !== headRevision;
  }

  /** Commits, with what the namespace takes then if that has a limit. @returns as `#commit`. @throws Fault as `ConfigSpace.count`. */
  async #commitCounted(
    attempt: Attempt,
    { snapshot, taken }: Looked,
    change: Change,
    recorder: Recorder,
  ): Promise<Revision | undefined> {
    const { request: at, space: limit } = attempt;
    const commit = (counted: Counted): Promise<Revision | undefined> =>
      this.#commit(attempt, snapshot, counted, recorder);
    if (limit === undefined) return commit({ change, compares: [], puts: [] });
    const count = async (now: Taken): Promise<Revision | undefined> => {
      const counted = await this.#space.count({ at, limit, snapshot, change, taken: now });
      return counted && commit(counted);
    };
    return taken === undefined ? this.#space.inTurn(at.namespace, count) : count(taken);
  }

  async #look(request: ConfigWrite, recorder: Recorder): Promise<Looked> {
    const snapshot = snapshotQuery(this.#parts.layout, request);
    const done = await transact(this.#parts.store, {
      resource: this.#parts.layout.configs(request.namespace).head(request.name),
      then: [...snapshot.reads, ...recorder.reads],
    });
    return { snapshot: snapshot.found(done), first: recorder.replay(done) };
  }

  /** @returns undefined if the document was changed since the snapshot, or the same request was done. */
  async #commit(
    { request, fence }: Attempt,
    snapshot: Snapshot,
    { change, compares, puts }: Counted,
    recorder: Recorder,
  ): Promise<Revision | undefined> {
    const keys = this.#parts.layout.configs(request.namespace);
    const done = await transact(this.#parts.store, {
      resource: keys.head(request.name),
      frees: change.kind === 'delete',
      compare: [
        ...unchangedSince(keys, request.name, snapshot),
        ...(fence === undefined ? [] : [fence.compare]),
        ...recorder.compares,
        ...compares,
      ],
      then: [
        ...operationsOf(keys, request, snapshot, change),
        ...(snapshot.head === undefined && change.kind === 'put'
          ? [put(keys.sequence, String(change.head.id))]
          : []),
        ...recorder.records(recordOf(change, snapshot)),
        ...puts,
      ],
      else: fence?.reads ?? [],
    });
    if (done.succeeded) return done.revision;
    fence?.inspect(done);
    return undefined;
  }

  async #readVersion(at: ConfigName, version: number): Promise<string> {
    const entry = await this.#versionEntry(at, version);
    if (entry === undefined) throw versionNotFound(version);
    return entry.value;
  }

  async #versionEntry(
    { namespace, name }: ConfigName,
    version: number,
  ): Promise<Entry | undefined> {
    const key = this.#parts.layout.configs(namespace).version(name, version);
    return (await this.#parts.store.read({ range: exactly(key) })).entries[0];
  }

  async #replay(request: ConfigWrite, first: FirstOutcome): Promise<Written> {
    const { outcome, revision } = first;
    const head = readHead({ value: outcome.text('head') });
    if (outcome.text('kind') === 'delete' || head === undefined)
      return { found: undefined, revision };
    const entry = await this.#versionEntry(request, head.version);
    // After a deletion the numbers begin again: then it is another document's version.
    if (entry === undefined || entry.createRevision > revision) throw outcomeGone();
    const found = { head, headRevision: revision, version: head.version, document: entry.value };
    return { found: { ...found, schema: outcome.text('schema') }, revision };
  }
}

function outcomeGone(): Fault {
  return new Fault(
    'NOT_FOUND',
    'request_id: this request was done before; what it wrote is not kept any more',
    { field: 'request_id', reason: 'OUTCOME_GONE' },
  );
}
