import { isFault, unavailable } from '../core/errors.js';
import type { Revision, StoreEvent, Watch, WatchEnd } from '../store/store.js';
import type { Caller } from './caller.js';
import type { Feed, Weight } from './feed.js';
import { checkFromRevision, watchEnded, watcherTooSlow } from './watch-faults.js';
import { openFeed, type FeedParts } from './watch-feed.js';

/** What is told of something that is watched, in this order: a state, and what has changed since, revision by revision. */
export type Step<State, Change> =
  | {
      readonly kind: 'state';
      /** Changes were missed: what was told before no longer counts. */
      readonly isResync: boolean;
      /** At which this was the state. */
      readonly revision: Revision;
      readonly state: State;
    }
  | {
      /** All changes of one revision. */
      readonly kind: 'changes';
      readonly revision: Revision;
      readonly changes: readonly Change[];
    };

/** Something that can be watched, whose state and changes are told. */
export interface Subject<State, Change> {
  /** The state, as it was at one revision. */
  look(): Promise<{ readonly revision: Revision; readonly state: State }>;
  /** The store's revision, for one who resumes and needs no state. */
  revision(): Promise<Revision>;
  /** All of its events from a revision on: each once, those of one revision together, in order of revision. */
  watch(from: Revision, listener: SubjectListener): Watch;
  /** What the events of one revision have changed. Called as they come. Undefined: too much of the past is compacted to say. */
  changes(
    revision: Revision,
    events: readonly StoreEvent[],
  ): readonly Change[] | undefined | Promise<readonly Change[] | undefined>;
  /** One who resumes farther behind than this, in revisions, begins with RESYNC. Absent: nobody does. */
  readonly farthestBehind?: number;
  /** From which revision to resume, when all up to `revision` is told; the same unless the subject knows better. */
  resumeAfter?(revision: Revision): Revision;
}

/** Why the events of a subject end. `behind`: they could be told, but it would cost too much. */
export type SubjectEnd = WatchEnd | { readonly reason: 'behind' };

export interface SubjectListener {
  events(revision: Revision, events: readonly StoreEvent[]): void;
  ended(end: SubjectEnd): void;
}

type Waiting<State, Change> =
  | Extract<Step<State, Change>, { kind: 'state' }>
  | {
      readonly kind: 'changes';
      readonly revision: Revision;
      readonly changes: ReturnType<Subject<State, Change>['changes']>;
    }
  | { readonly kind: 'lost'; readonly end: SubjectEnd };

/**
 * How every watch that has revisions begins, resumes and goes on (D31). `fromRevision` 0: with the state of now; else each change
 * after that revision is told, once, or the first step is a state that `isResync`. From each state on the same holds again.
 * Ends when the caller goes away.
 * @throws Fault INVALID_ARGUMENT for a revision below 0 or of the future; RESOURCE_EXHAUSTED if too many watch. The stream:
 * OUT_OF_RANGE (COMPACTED) if nothing was told yet and `fromRevision` is compacted, RESOURCE_EXHAUSTED (SLOW_WATCHER).
 */
export async function follow<State, Change>(
  parts: FeedParts,
  subject: Subject<State, Change>,
  fromRevision: Revision,
  caller: Caller,
): Promise<AsyncIterable<Step<State, Change>>> {
  if (fromRevision === 0) {
    const now = await subject.look();
    return new Following(parts, subject, caller).begin({ kind: 'state', isResync: false, ...now });
  }
  const revision = await subject.revision();
  checkFromRevision(fromRevision, revision);
  if (revision - fromRevision <= (subject.farthestBehind ?? Infinity)) {
    return new Following(parts, subject, caller).resume(fromRevision);
  }
  const now = await subject.look();
  return new Following(parts, subject, caller).begin({ kind: 'state', isResync: true, ...now });
}

/** One watcher. */
class Following<State, Change> implements AsyncIterable<Step<State, Change>> {
  readonly #subject: Subject<State, Change>;
  readonly #feed: Feed<Waiting<State, Change>>;
  #watch: Watch | undefined;
  #hasTold = false;
  #hasEnded = false;
  /** All up to here is told. */
  #toldUpTo: Revision = 0;

  constructor(parts: FeedParts, subject: Subject<State, Change>, caller: Caller) {
    this.#subject = subject;
    const tooSlow = (): Error => {
      return watcherTooSlow(subject.resumeAfter?.(this.#toldUpTo) ?? this.#toldUpTo);
    };
    this.#feed = openFeed(parts, caller, tooSlow, () => {
      this.#hasEnded = true;
      this.#watch?.close();
    });
  }

  begin(state: Extract<Step<State, Change>, { kind: 'state' }>): this {
    this.#feed.push(state);
    this.#watchAfter(state.revision);
    return this;
  }

  resume(revision: Revision): this {
    this.#toldUpTo = revision;
    this.#watchAfter(revision);
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Step<State, Change>> {
    for await (const waiting of this.#feed) {
      const step = await this.#stepOf(waiting);
      if (step === undefined) {
        await this.#beginAnew();
        continue;
      }
      if (step.kind === 'changes' && step.changes.length === 0) continue;
      this.#hasTold = true;
      this.#toldUpTo = step.revision;
      yield step;
    }
  }

  #watchAfter(revision: Revision): void {
    if (this.#hasEnded) return;
    this.#watch = this.#subject.watch(revision + 1, {
      events: (at, events) => {
        const changes = this.#changesOf(at, events);
        // Who takes it hears of a failure, if anybody does.
        if (changes instanceof Promise) changes.catch(() => undefined);
        else if (changes?.length === 0) return;
        this.#feed.push({ kind: 'changes', revision: at, changes }, weightOf(changes, events));
      },
      ended: (end) => {
        if (end.reason === 'compacted' || end.reason === 'behind') {
          this.#feed.push({ kind: 'lost', end });
        } else this.#feed.end(watchEnded(end));
      },
    });
  }

  #changesOf(
    revision: Revision,
    events: readonly StoreEvent[],
  ): ReturnType<Subject<State, Change>['changes']> {
    try {
      return this.#subject.changes(revision, events);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Undefined: changes are lost. */
  async #stepOf(waiting: Waiting<State, Change>): Promise<Step<State, Change> | undefined> {
    if (waiting.kind === 'state') return waiting;
    if (waiting.kind === 'lost') {
      // A caller who never was in step asked for too much; for one who was, the state says the rest.
      if (waiting.end.reason === 'compacted' && !this.#hasTold) throw watchEnded(waiting.end);
      return undefined;
    }
    const changes = await orLost(waiting.changes);
    return changes === undefined ? undefined : { ...waiting, changes };
  }

  /** With the state of now, and what comes after that. */
  async #beginAnew(): Promise<void> {
    this.#watch?.close();
    this.#feed.clear();
    const now = await orLost(this.#subject.look());
    this.begin({ kind: 'state', isResync: true, ...now });
  }
}

/** @throws Fault UNAVAILABLE (WATCH_LOST) for what is no fault. */
async function orLost<T>(promise: T | Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw isFault(error) ? error : unavailable('the watch was lost', error, 'WATCH_LOST');
  }
}

function weightOf(changes: unknown, events: readonly StoreEvent[]): Weight {
  let bytes = 0;
  for (const event of events) {
    const entry = event.kind === 'put' ? event.entry : event.previous;
    bytes += entry?.value.length ?? 0;
  }
  return { items: Array.isArray(changes) ? changes.length : events.length, bytes };
}
