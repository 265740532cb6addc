import type {
  HoldEnd,
  Holder,
  LockEvent,
  LockState,
  WatchLockRequest,
  LockMode,
} from '../../../core/lock.js';
import { checkName } from '../../../core/text.js';
import type { Entry, Revision, StoreEvent, Watch } from '../../../store/store.js';
import type { Caller } from '../../caller.js';
import { follow, type Step, type Subject, type SubjectListener } from '../../follow.js';
import type { FeedParts } from '../../watch-feed.js';
import type { HoldEnds } from '../inspect/hold-ends.js';
import { inspect, type InspectParts } from '../inspect/inspect.js';
import { readExclusiveHolder, readHolder, readWaiter } from '../state/records.js';
import type { HolderLookup } from './holder-lookup.js';
import type { LockChanges } from './lock-changes.js';

/** Farther back the events of all locks are not gone through for one: its state is told. In revisions of the store. */
const FARTHEST_BEHIND = 10_000;

/** What it takes to watch a lock. */
export interface WatchParts extends InspectParts, FeedParts {
  readonly changes: LockChanges;
  readonly holderLookup: HolderLookup;
  readonly holdEnds: HoldEnds;
}

/** Opens a watch of one lock. The stream ends when the caller goes away. */
export async function watchLock(
  parts: WatchParts,
  { name, fromRevision }: WatchLockRequest,
  caller: Caller,
): Promise<AsyncIterable<LockEvent>> {
  checkName(name, parts.limits.nameBytes);
  return eventsOf(await follow(parts, new WatchedLock(parts, name), fromRevision, caller));
}

async function* eventsOf(
  steps: AsyncIterable<Step<LockState, LockEvent>>,
): AsyncGenerator<LockEvent> {
  for await (const step of steps) {
    if (step.kind === 'changes') yield* step.changes;
    else {
      const { isResync, revision, state } = step;
      yield { kind: isResync ? 'RESYNC' : 'STATE', revision, lock: state };
    }
  }
}

/** How a hold ended, by the key that is gone. */
type HoldEndsByKey = ReadonlyMap<string, Promise<HoldEnd>>;

/** One lock, for one watcher. */
class WatchedLock implements Subject<LockState, LockEvent> {
  readonly farthestBehind = FARTHEST_BEHIND;
  readonly #parts: WatchParts;
  readonly #name: string;
  /** Whose record is known: the key's own value does not say who holds it. */
  #exclusive: Holder | undefined;
  /** What changed is found out one revision after the other, since some of it needs a read. */
  #finding: Promise<unknown> = Promise.resolve();

  constructor(parts: WatchParts, name: string) {
    this.#parts = parts;
    this.#name = name;
  }

  async look(): Promise<{ readonly revision: Revision; readonly state: LockState }> {
    const state = await inspect(this.#parts, this.#name);
    this.#exclusive = state.holders.find((holder) => holder.mode === 'EXCLUSIVE');
    return { revision: state.revision, state };
  }

  /** For one who resumes it is good to know who holds it now. */
  async revision(): Promise<Revision> {
    return (await this.look()).revision;
  }

  watch(from: Revision, listener: SubjectListener): Watch {
    return this.#parts.changes.watch(this.#name, from, listener);
  }

  changes(
    revision: Revision,
    events: readonly StoreEvent[],
  ): Promise<readonly LockEvent[] | undefined> {
    const ends = this.#endsOf(revision, events);
    const found = this.#finding.then(() => this.#find(revision, events, ends));
    this.#finding = found.catch(() => undefined);
    return found;
  }

  /** Begun as soon as it is known who is gone, so that a crowd's ends are found out together. */
  #endsOf(revision: Revision, events: readonly StoreEvent[]): HoldEndsByKey {
    const { changes, holdEnds } = this.#parts;
    const ends = new Map<string, Promise<HoldEnd>>();
    for (const event of events) {
      if (event.kind !== 'delete' || event.previous === undefined) continue;
      if (changes.partOf(event.key) === 'queue') continue;
      ends.set(event.key, holdEnds.find(this.#name, event.previous, revision));
    }
    return ends;
  }

  async #find(
    revision: Revision,
    events: readonly StoreEvent[],
    ends: HoldEndsByKey,
  ): Promise<readonly LockEvent[] | undefined> {
    const found: LockEvent[] = [];
    for (const event of events) {
      // Who it was that went is compacted.
      if (event.kind === 'delete' && event.previous === undefined) return undefined;
      const part = this.#parts.changes.partOf(event.kind === 'put' ? event.entry.key : event.key);
      const change =
        part === 'queue'
          ? queueEvent(revision, event)
          : await this.#holderEvent(part, revision, event, ends);
      if (change !== undefined) found.push(change);
    }
    return found;
  }

  async #holderEvent(
    mode: LockMode,
    revision: Revision,
    event: StoreEvent,
    ends: HoldEndsByKey,
  ): Promise<LockEvent | undefined> {
    if (event.kind === 'delete') {
      const end = await ends.get(event.key);
      if (event.previous === undefined || end === undefined) return undefined;
      const holder = await this.#holder(mode, event.previous, false);
      return { kind: 'RELEASED', revision, holder: asOfNow(holder, this.#parts.clock.wall()), end };
    }
    // A put of a key that was there is the same grant, told again to its holder.
    if (event.entry.version > 1) return undefined;
    return { kind: 'ACQUIRED', revision, holder: await this.#holder(mode, event.entry, true) };
  }

  async #holder(mode: LockMode, entry: Entry, isNew: boolean): Promise<Holder> {
    const { holderLookup, clock } = this.#parts;
    if (mode !== 'EXCLUSIVE') return readHolder(entry, mode, clock.wall());
    if (this.#exclusive?.fencingToken === entry.createRevision) return this.#exclusive;
    const holder = isNew
      ? await holderLookup.find(this.#name, entry)
      : readExclusiveHolder(entry, undefined, clock.wall());
    if (isNew) this.#exclusive = holder;
    return holder;
  }
}

/** What was remembered of a holder is older than its end. */
function asOfNow(holder: Holder, wallMs: number): Holder {
  const { acquiredAtMs } = holder;
  const ageMs = acquiredAtMs === undefined ? undefined : Math.max(0, wallMs - acquiredAtMs);
  return { ...holder, ageMs, remainingTtlSeconds: undefined };
}

function queueEvent(revision: Revision, event: StoreEvent): LockEvent | undefined {
  if (event.kind === 'put') return { kind: 'QUEUED', revision, waiter: readWaiter(event.entry, 0) };
  if (event.previous === undefined) return undefined;
  return { kind: 'DEQUEUED', revision, waiter: readWaiter(event.previous, 0) };
}
