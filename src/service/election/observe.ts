import type { ElectionEvent, Leader, ObserveRequest } from '../../core/election.js';
import { isFault, unavailable } from '../../core/errors.js';
import { checkName } from '../../core/text.js';
import { prefixed } from '../../store/store.js';
import type { Entry, Revision, StoreEvent, Watch, WatchEnd } from '../../store/store.js';
import type { Caller } from '../caller.js';
import type { Feed } from '../feed.js';
import { inspect } from '../lock/inspect.js';
import { readExclusiveHolder } from '../lock/records.js';
import { checkFromRevision, watchEnded } from '../watch-faults.js';
import { openFeed } from '../watch-feed.js';
import type { ElectionParts } from './parts.js';
import { electionOf, leaderOf } from './view.js';

/** Opens a watch of one election. The stream ends when the caller goes away. */
export async function observe(
  parts: ElectionParts,
  { name, fromRevision }: ObserveRequest,
  caller: Caller,
): Promise<AsyncIterable<ElectionEvent>> {
  checkName(name, parts.limits.nameBytes);
  const { state } = await inspect(parts, name);
  checkFromRevision(fromRevision, state.revision);
  const observation = new Observation(parts, name, caller);
  if (fromRevision === 0) observation.tell({ kind: 'STATE', ...stateOf(state) });
  observation.watchFrom(fromRevision === 0 ? state.revision : fromRevision);
  return observation.feed;
}

function stateOf(state: Parameters<typeof electionOf>[0]) {
  return { revision: state.revision, election: electionOf(state) };
}

/** One who observes one election: the two keys of its leader, in one watch, so that each revision is one event. */
class Observation {
  readonly feed: Feed<ElectionEvent>;
  readonly #parts: ElectionParts;
  readonly #name: string;
  #watch: Watch | undefined;
  #hasTold = false;
  #hasEnded = false;
  /** As it was told last: for an end whose previous state is compacted. */
  #leader: Leader | undefined;

  constructor(parts: ElectionParts, name: string, caller: Caller) {
    this.#parts = parts;
    this.#name = name;
    this.feed = openFeed(parts, caller, () => {
      this.#hasEnded = true;
      this.#watch?.close();
    });
  }

  tell(event: ElectionEvent): void {
    this.#hasTold = true;
    this.#leader = 'election' in event ? event.election.leader : event.leader;
    this.feed.push(event);
  }

  watchFrom(revision: Revision): void {
    if (this.#hasEnded) return;
    const range = prefixed(this.#parts.keys.leader(this.#name));
    this.#watch = this.#parts.store.watch(range, revision + 1, {
      events: (at, events) => {
        const event = this.#eventOf(at, events);
        if (event !== undefined) this.tell(event);
      },
      ended: (end) => {
        void this.#watchEnded(end);
      },
    });
  }

  /** Compaction under a watch that was in step loses nothing but events: the state says the rest. */
  async #watchEnded(end: WatchEnd): Promise<void> {
    if (end.reason !== 'compacted' || !this.#hasTold) {
      this.feed.end(watchEnded(end));
      return;
    }
    try {
      const { state } = await inspect(this.#parts, this.#name);
      this.tell({ kind: 'RESYNC', ...stateOf(state) });
      this.watchFrom(state.revision);
    } catch (error) {
      this.feed.end(
        isFault(error) ? error : unavailable('the watch was lost', error, 'WATCH_LOST'),
      );
    }
  }

  #eventOf(revision: Revision, events: readonly StoreEvent[]): ElectionEvent | undefined {
    const { keys } = this.#parts;
    const held = eventOn(keys.held(this.#name), events);
    const holder = eventOn(keys.holder(this.#name), events);
    if (held === undefined) return undefined;
    if (held.kind === 'delete') {
      const before = holder?.kind === 'delete' ? holder.previous : undefined;
      const leader =
        held.previous === undefined ? this.#leader : this.#leaderOf(held.previous, before);
      return leader === undefined ? undefined : { kind: 'VACATED', revision, leader };
    }
    const record = holder?.kind === 'put' ? holder.entry : undefined;
    if (held.entry.version === 1) {
      return { kind: 'ELECTED', revision, leader: this.#leaderOf(held.entry, record) };
    }
    // Put again without a record: the leader was told of its term once more, and nothing changed.
    if (record === undefined) return undefined;
    return { kind: 'PROCLAIMED', revision, leader: this.#leaderOf(held.entry, record) };
  }

  /** Without an age, which would be that of now, not of the event. */
  #leaderOf(held: Entry, record: Entry | undefined): Leader {
    const holder = readExclusiveHolder(held, record, this.#parts.clock.wall());
    return leaderOf({ ...holder, ageMs: undefined });
  }
}

function eventOn(key: string, events: readonly StoreEvent[]): StoreEvent | undefined {
  return events.find((event) => (event.kind === 'put' ? event.entry.key : event.key) === key);
}
