import { isFault, unavailable, type Fault } from '../../core/errors.js';
import type { HoldEnd, Holder, LockEvent, LockMode, WatchLockRequest } from '../../core/lock.js';
import { checkName } from '../../core/text.js';
import { exactly, prefixed } from '../../store/store.js';
import type { Entry, KeyRange, Revision, StoreEvent, Watch, WatchEnd } from '../../store/store.js';
import type { Caller } from '../caller.js';
import { checkFromRevision, watchEnded, watcherTooSlow } from '../watch-faults.js';
import { Feed } from '../feed.js';
import { inspect, type Inspection } from './inspect.js';
import type { LockParts } from './parts.js';
import { readExclusiveHolder, readHolder, readWaiter } from './records.js';

/** Opens a watch of one lock. The stream ends when the caller goes away. */
export async function watchLock(
  parts: LockParts,
  request: WatchLockRequest,
  caller: Caller,
): Promise<AsyncIterable<LockEvent>> {
  const { fromRevision } = request;
  checkName(request.name, parts.limits.nameBytes);
  const now = await inspect(parts, request.name);
  checkFromRevision(fromRevision, now.view.revision);
  return new LockWatch(parts, request.name, caller).start(now, fromRevision);
}

/** How holds ended, by the keys that are gone. */
type HoldEndsByKey = ReadonlyMap<string, Promise<HoldEnd>>;

type Part = 'EXCLUSIVE' | 'SHARED' | 'SEMAPHORE' | 'queue';

/**
 * One watcher of one lock. Its keys lie in four ranges, which the store watches apart: each range is in
 * order by itself. An event that is older than what was told already means that the order between ranges is
 * lost: then the state is read again and told as RESYNC.
 */
class LockWatch {
  readonly #parts: LockParts;
  readonly #name: string;
  readonly #caller: Caller;
  readonly #feed: Feed<LockEvent>;
  readonly #ranges: readonly (readonly [Part, KeyRange])[];
  #watches: Watch[] = [];
  /** Which set of watches is the present one: what the others still tell is stale. */
  #generation = 0;
  #hasEnded = false;
  #hasTold = false;
  #toldUpTo: Revision = 0;
  /** Whose record is known: the key's own value does not say who holds it. */
  #exclusive: Holder | undefined;
  /** Events are told one after the other, since some need a read. */
  #telling: Promise<void> = Promise.resolve();
  #untold = 0;

  constructor(parts: LockParts, name: string, caller: Caller) {
    const { keys, limits } = parts;
    this.#parts = parts;
    this.#name = name;
    this.#caller = caller;
    this.#ranges = [
      ['EXCLUSIVE', exactly(keys.held(name))],
      ['SHARED', prefixed(keys.shared(name))],
      ['SEMAPHORE', prefixed(keys.permit(name))],
      ['queue', prefixed(keys.queue(name))],
    ];
    const leave = parts.watches.enter();
    this.#feed = new Feed(limits.watchBacklog, tooSlow, () => {
      this.#hasEnded = true;
      this.#closeWatches();
      leave();
    });
  }

  start(now: Inspection, fromRevision: Revision): AsyncIterable<LockEvent> {
    const end = (): void => {
      this.#feed.end();
    };
    this.#caller.signal.addEventListener('abort', end, { once: true });
    if (this.#caller.signal.aborted) end();
    this.#exclusive = now.state.holders.find((holder) => holder.mode === 'EXCLUSIVE');
    if (fromRevision === 0) {
      this.#hasTold = true;
      this.#feed.push({ kind: 'STATE', revision: now.view.revision, lock: now.state });
    }
    this.#watchFrom(fromRevision === 0 ? now.view.revision : fromRevision);
    return this.#feed;
  }

  #watchFrom(revision: Revision): void {
    this.#closeWatches();
    if (this.#hasEnded) return;
    const generation = ++this.#generation;
    this.#toldUpTo = revision;
    this.#watches = this.#ranges.map(([part, range]) =>
      this.#parts.store.watch(range, revision + 1, {
        events: (at, events) => {
          const ends = this.#endsOf(part, at, events);
          this.#later(generation, () => this.#tell(part, at, events, ends));
        },
        ended: (end) => {
          this.#later(generation, () => this.#watchEnded(end));
        },
      }),
    );
  }

  /** Begun as soon as it is known who is gone, so that a crowd's ends are found out together. */
  #endsOf(part: Part, at: Revision, events: readonly StoreEvent[]): HoldEndsByKey {
    const ends = new Map<string, Promise<HoldEnd>>();
    for (const event of part === 'queue' ? [] : events) {
      if (event.kind !== 'delete' || event.previous === undefined) continue;
      ends.set(event.key, this.#parts.holdEnds.find(this.#name, event.previous, at));
    }
    return ends;
  }

  #closeWatches(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  #later(generation: number, step: () => Promise<void>): void {
    if (this.#untold >= this.#parts.limits.watchBacklog) {
      this.#feed.end(watcherTooSlow(this.#toldUpTo - 1));
      return;
    }
    this.#untold++;
    this.#telling = this.#telling
      .then(() => (generation === this.#generation && !this.#hasEnded ? step() : undefined))
      .catch((error: unknown) => {
        this.#feed.end(
          isFault(error) ? error : unavailable('the watch was lost', error, 'WATCH_LOST'),
        );
      })
      .finally(() => {
        this.#untold--;
      });
  }

  /** Compaction under a watch that was in step loses nothing but events: the state says the rest. */
  async #watchEnded(end: WatchEnd): Promise<void> {
    if (end.reason !== 'compacted' || !this.#hasTold) throw watchEnded(end);
    await this.#resync();
  }

  async #tell(
    part: Part,
    revision: Revision,
    events: readonly StoreEvent[],
    ends: HoldEndsByKey,
  ): Promise<void> {
    if (revision < this.#toldUpTo) {
      await this.#resync();
      return;
    }
    this.#toldUpTo = revision;
    this.#hasTold = true;
    for (const event of events) {
      const told =
        part === 'queue'
          ? queueEvent(revision, event)
          : await this.#holderEvent(part, revision, event, ends);
      if (told !== undefined) this.#feed.push(told);
    }
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
    const { newHolders, clock } = this.#parts;
    if (mode !== 'EXCLUSIVE') return readHolder(entry, mode, clock.wall());
    if (this.#exclusive?.fencingToken === entry.createRevision) return this.#exclusive;
    const holder = isNew
      ? await newHolders.find(this.#name, entry)
      : readExclusiveHolder(entry, undefined, clock.wall());
    if (isNew) this.#exclusive = holder;
    return holder;
  }

  async #resync(): Promise<void> {
    const now = await inspect(this.#parts, this.#name);
    this.#exclusive = now.state.holders.find((holder) => holder.mode === 'EXCLUSIVE');
    this.#feed.push({ kind: 'RESYNC', revision: now.view.revision, lock: now.state });
    this.#watchFrom(now.view.revision);
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

function tooSlow(last: LockEvent | undefined): Fault {
  // Other events may share the last one's revision: resume before it, and see some again.
  return watcherTooSlow((last?.revision ?? 1) - 1);
}
