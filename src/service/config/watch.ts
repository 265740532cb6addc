import type { ConfigEvent, WatchConfigsRequest } from '../../core/config-document.js';
import { invalid } from '../../core/errors.js';
import { encodeName } from '../../core/keys.js';
import { checkName, checkText } from '../../core/text.js';
import { exactly, prefixed, type Revision, type Watch, type WatchEnd } from '../../store/store.js';
import type { Caller } from '../caller.js';
import { Feed } from '../feed.js';
import { mapConcurrently } from '../map-concurrently.js';
import { checkFromRevision, watchEnded, watcherTooSlow } from '../watch-faults.js';
import type { Changed, ConfigChanges } from './changes.js';
import type { DocumentChange } from './events.js';
import { nameIn } from './list.js';
import type { ConfigParts } from './parts.js';
import { readLatest } from './read.js';
import { configOf } from './records.js';

/** Documents that are read for a watcher at a time. */
const DOCUMENTS_A_READ = 8;
/** Texts that wait for a slow watcher, in bytes; the number of events is bounded by `watchBacklog`. */
const BACKLOG_BYTES = 8 * 1024 * 1024;

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
  const revision = await currentRevision(parts, namespace);
  checkFromRevision(fromRevision, revision);
  const watch = new ConfigWatch(parts, changes, request, parts.watches.enter());
  caller.signal.addEventListener('abort', () => watch.end(), { once: true });
  if (caller.signal.aborted) watch.end();
  return watch.run(revision);
}

async function currentRevision(
  { store, layout }: ConfigParts,
  namespace: string,
): Promise<Revision> {
  const { sequence } = layout.configs(namespace);
  return (await store.read({ range: exactly(sequence), keysOnly: true })).revision;
}

/** What the store told, in its order; the last thing may be that events are lost. */
type Told =
  | { readonly kind: 'changes'; readonly revision: Revision; readonly changes: DocumentChange[] }
  | { readonly kind: 'compacted' };

/**
 * One watcher. The store is watched from a revision on; if the documents of now are wanted they are read after that, page
 * by page, as the watcher takes them, and what has changed meanwhile is told afterwards.
 */
class ConfigWatch {
  readonly #parts: ConfigParts;
  readonly #allChanges: ConfigChanges;
  readonly #request: WatchConfigsRequest;
  readonly #leave: () => void;
  #feed: Feed<Told>;
  #watch: Watch | undefined;
  #hasEnded = false;
  #hasTold = false;
  #toldRevision: Revision = 0;
  #waitingBytes = 0;
  /** Documents that were changed and then read after the store was watched, up to these revisions. */
  readonly #readAhead = new Map<string, Revision>();

  constructor(
    parts: ConfigParts,
    changes: ConfigChanges,
    request: WatchConfigsRequest,
    leave: () => void,
  ) {
    this.#parts = parts;
    this.#allChanges = changes;
    this.#request = request;
    this.#leave = leave;
    this.#feed = this.#newFeed();
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#feed.end();
    this.#watch?.close();
    this.#leave();
  }

  async *run(now: Revision): AsyncGenerator<ConfigEvent> {
    const { fromRevision } = this.#request;
    try {
      this.#watchAfter(fromRevision === 0 ? now : fromRevision);
      if (fromRevision === 0) yield* this.#state(now);
      else this.#toldRevision = fromRevision;
      while (yield* this.#changes()) {
        const revision = await currentRevision(this.#parts, this.#request.namespace);
        this.#toldRevision = 0;
        yield { kind: 'RESYNC', revision: 0 };
        this.#feed = this.#newFeed();
        this.#watchAfter(revision);
        yield* this.#state(revision);
      }
    } finally {
      this.end();
    }
  }

  #newFeed(): Feed<Told> {
    this.#waitingBytes = 0;
    this.#readAhead.clear();
    const feed = new Feed<Told>(
      this.#parts.limits.watchBacklog,
      (last) => this.#tooSlow(last),
      () => this.#watch?.close(),
    );
    if (this.#hasEnded) feed.end();
    return feed;
  }

  /** It still gets what was kept for it. */
  #tooSlow(last: Told | undefined): Error {
    const isSynced = this.#toldRevision > 0 && last?.kind === 'changes';
    return watcherTooSlow(isSynced ? last.revision : this.#toldRevision);
  }

  #watchAfter(revision: Revision): void {
    if (this.#hasEnded) return;
    const { store, layout } = this.#parts;
    const { namespace } = this.#request;
    const feed = this.#feed;
    let last: Told | undefined;
    this.#watch = store.watch(prefixed(layout.configs(namespace).root), revision + 1, {
      events: (at, events) => {
        const changes = this.#allChanges
          .in(namespace, events)
          .filter(({ name }) => this.#isWanted(name));
        if (changes.length === 0) return;
        this.#waitingBytes += weightOf(changes);
        if (this.#waitingBytes > BACKLOG_BYTES) {
          feed.end(this.#tooSlow(last));
          return;
        }
        last = { kind: 'changes', revision: at, changes };
        feed.push(last);
      },
      ended: (end) => {
        this.#watchEnded(feed, end);
      },
    });
  }

  /** Compaction under a watch that was in step loses nothing but events: the documents say the rest. */
  #watchEnded(feed: Feed<Told>, end: WatchEnd): void {
    if (end.reason === 'compacted' && this.#hasTold) feed.push({ kind: 'compacted' });
    else feed.end(watchEnded(end));
  }

  #isWanted(name: string): boolean {
    const { name: only, prefix } = this.#request;
    return only === '' ? name.startsWith(prefix) : name === only;
  }

  async *#state(watchedAfter: Revision): AsyncGenerator<ConfigEvent> {
    const { store, layout } = this.#parts;
    const { namespace, name: only, prefix } = this.#request;
    const keys = layout.configs(namespace);
    const { headRoot } = keys;
    const whole = only === '' ? prefixed(headRoot + encodeName(prefix)) : exactly(keys.head(only));
    let from = whole.from;
    for (let more = true; more && !this.#hasEnded;) {
      const range = { ...whole, from };
      const page = await store.read({ range, limit: DOCUMENTS_A_READ, keysOnly: true });
      more = page.more;
      from = `${page.entries.at(-1)?.key ?? ''}\0`;
      const names = page.entries.flatMap(({ key }) => nameIn(key.slice(headRoot.length)) ?? []);
      const looks = await mapConcurrently(names, DOCUMENTS_A_READ, async (name) => {
        return { name, look: await readLatest(this.#parts, { namespace, name }) };
      });
      for (const { name, look } of looks) {
        if (look.found === undefined) continue;
        const { headRevision } = look.found;
        if (headRevision > watchedAfter) this.#readAhead.set(name, headRevision);
        this.#hasTold = true;
        yield { kind: 'PUT', revision: 0, config: configOf({ namespace, name }, look.found) };
      }
    }
    this.#hasTold = true;
    this.#toldRevision = watchedAfter;
    yield { kind: 'SYNCED', revision: watchedAfter };
  }

  /** @returns true if events are lost, and all must be told anew. */
  async *#changes(): AsyncGenerator<ConfigEvent, boolean> {
    for await (const told of this.#feed) {
      if (told.kind === 'compacted') return true;
      this.#hasTold = true;
      this.#waitingBytes -= weightOf(told.changes);
      this.#toldRevision = told.revision;
      const last = told.changes.at(-1);
      for (const change of told.changes) {
        const event = await this.#eventOf(change, told.revision);
        if (event === undefined) continue;
        // Who resumes after one of several gets all of them again, not none of the rest.
        yield change === last ? event : { ...event, revision: told.revision - 1 };
      }
    }
    return false;
  }

  async #eventOf(change: DocumentChange, revision: Revision): Promise<Changed | undefined> {
    // The document as it was read was later than this.
    if (revision <= (this.#readAhead.get(change.name) ?? 0)) return undefined;
    return this.#allChanges.told(this.#request.namespace, change, revision);
  }
}

function weightOf(changes: readonly DocumentChange[]): number {
  return changes.reduce((sum, { bytes }) => sum + bytes, 0);
}
