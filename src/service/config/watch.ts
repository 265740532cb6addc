import type { ConfigEvent, WatchConfigsRequest } from '../../core/config-document.js';
import { invalid } from '../../core/errors.js';
import { encodeName } from '../../core/keys.js';
import { checkName, checkText } from '../../core/text.js';
import { exactly, prefixed } from '../../store/store.js';
import type { KeyRange, Revision, StoreEvent, Watch } from '../../store/store.js';
import type { Caller } from '../caller.js';
import { follow, type Step, type Subject, type SubjectListener } from '../follow.js';
import { mapConcurrently } from '../map-concurrently.js';
import type { Changed, ConfigChanges } from './changes.js';
import type { DocumentChange } from './events.js';
import { nameIn } from './list.js';
import type { ConfigParts } from './parts.js';
import { readLatest } from './read.js';
import { configOf } from './records.js';

/** Documents that are read for a watcher at a time. */
const DOCUMENTS_A_READ = 8;

/** Opens a watch of the documents whose names begin with a prefix. The stream ends when the caller goes away. */
export async function watchConfigs(
  parts: ConfigParts,
  changes: ConfigChanges,
  request: WatchConfigsRequest,
  caller: Caller,
): Promise<AsyncIterable<ConfigEvent>> {
  const { namespace, name, prefix, fromRevision } = request;
  checkName(namespace, parts.limits.nameBytes, 'namespace');
  if (name !== '') checkName(name, parts.limits.nameBytes);
  checkText(prefix, parts.limits.nameBytes, 'prefix');
  if (name !== '' && prefix !== '') throw invalid('prefix', 'can not be given together with name');
  const watched = new WatchedConfigs(parts, changes, request);
  return watched.events(await follow(parts, watched, fromRevision, caller), caller.signal);
}

/** The documents that there are. */
type Names = readonly string[];

/** The documents of one request, for one watcher. */
class WatchedConfigs implements Subject<Names, DocumentChange> {
  readonly #parts: ConfigParts;
  readonly #allChanges: ConfigChanges;
  readonly #request: WatchConfigsRequest;
  /** Whether all documents of the beginning are told. */
  #isSynced: boolean;
  /** Documents of the beginning that the next changes will tell. */
  #awaited = new Set<string>();

  constructor(parts: ConfigParts, changes: ConfigChanges, request: WatchConfigsRequest) {
    this.#parts = parts;
    this.#allChanges = changes;
    this.#request = request;
    this.#isSynced = request.fromRevision > 0;
  }

  /** All names at once, so that they are those of one revision. */
  async look(): Promise<{ readonly revision: Revision; readonly state: Names }> {
    const { store } = this.#parts;
    const { headRoot } = this.#keys;
    const { revision, entries } = await store.read({ range: this.#heads, keysOnly: true });
    const state = entries.flatMap(({ key }) => nameIn(key.slice(headRoot.length)) ?? []);
    return { revision, state };
  }

  async revision(): Promise<Revision> {
    const range = exactly(this.#keys.sequence);
    return (await this.#parts.store.read({ range, keysOnly: true })).revision;
  }

  watch(from: Revision, listener: SubjectListener): Watch {
    return this.#parts.store.watch(prefixed(this.#keys.root), from, listener);
  }

  changes(_: Revision, events: readonly StoreEvent[]): readonly DocumentChange[] {
    const { namespace, name: only, prefix } = this.#request;
    return this.#allChanges
      .in(namespace, events)
      .filter(({ name }) => (only === '' ? name.startsWith(prefix) : name === only));
  }

  /** Until the documents of now are told, there is nothing to resume from. */
  resumeAfter(revision: Revision): Revision {
    return this.#isSynced ? revision : 0;
  }

  async *events(
    steps: AsyncIterable<Step<Names, DocumentChange>>,
    gone: AbortSignal,
  ): AsyncGenerator<ConfigEvent> {
    for await (const { revision, ...step } of steps) {
      if (step.kind === 'state') {
        this.#isSynced = false;
        if (step.isResync) yield { kind: 'RESYNC', revision: 0 };
        yield* this.#documents(step.state, revision, gone);
      } else yield* this.#changed(step.changes, revision);
      if (this.#isSynced || this.#awaited.size > 0) continue;
      this.#isSynced = true;
      yield { kind: 'SYNCED', revision };
    }
  }

  get #keys() {
    return this.#parts.layout.configs(this.#request.namespace);
  }

  get #heads(): KeyRange {
    const { name: only, prefix } = this.#request;
    const keys = this.#keys;
    return only === '' ? prefixed(keys.headRoot + encodeName(prefix)) : exactly(keys.head(only));
  }

  /**
   * Tells the documents as they were at `revision`, read one after the other as the watcher takes them. One that has changed, or went,
   * while they were read is told by its next change, which comes: so nothing is told that is newer than what follows.
   */
  async *#documents(
    names: Names,
    revision: Revision,
    gone: AbortSignal,
  ): AsyncGenerator<ConfigEvent> {
    const { namespace } = this.#request;
    this.#awaited = new Set();
    for (let at = 0; at < names.length && !gone.aborted; at += DOCUMENTS_A_READ) {
      const page = names.slice(at, at + DOCUMENTS_A_READ);
      const looks = await mapConcurrently(page, DOCUMENTS_A_READ, async (name) => {
        return { name, look: await readLatest(this.#parts, { namespace, name }) };
      });
      for (const { name, look } of looks) {
        if (look.found === undefined || look.found.headRevision > revision) this.#awaited.add(name);
        else yield { kind: 'PUT', revision: 0, config: configOf({ namespace, name }, look.found) };
      }
    }
  }

  async *#changed(
    changes: readonly DocumentChange[],
    revision: Revision,
  ): AsyncGenerator<ConfigEvent> {
    for (const [index, change] of changes.entries()) {
      const event = await this.#allChanges.told(this.#request.namespace, change, revision);
      this.#awaited.delete(change.name);
      yield this.#resumable(event, index === changes.length - 1);
    }
  }

  /** Who resumes after one of several of a revision gets all of them again, not none of the rest. */
  #resumable(event: Changed, isLast: boolean): Changed {
    if (!this.#isSynced) return { ...event, revision: 0 };
    return isLast ? event : { ...event, revision: event.revision - 1 };
  }
}
