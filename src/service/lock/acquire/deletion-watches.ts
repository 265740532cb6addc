import type { Clock } from '../../../clock/clock.js';
import type { KeyRange, Revision, Store, Watch } from '../../../store/store.js';

/** How often a waiter looks if no watch can be had. */
const NO_WATCH_MS = 1000;

/** That a key of a range is deleted. */
export interface Deletion {
  readonly range: KeyRange;
  /** The revision at which the caller saw `count` keys in the range. */
  readonly since: Revision;
  readonly count: number;
}

/**
 * Tells callers of deletions that they wait for. All who wait for the same range share one watch of the store. It is closed when
 * nobody waits any more, unless those who will be the next to wait keep it: so it costs nothing when a lock goes from one
 * waiter of this daemon to the next. As many as there are waiters.
 */
export class DeletionWatches {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #shared = new Map<string, SharedWatch>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Calls back, perhaps at once, when a key of the range was probably deleted after `since`; also if that can't be watched any
   * more. @returns how to forget the callback.
   */
  follow({ range, since, count }: Deletion, onChange: () => void): () => void {
    const listener = { since, count, onChange };
    const [shared, release] = this.#use(range);
    const forget = shared.add(listener);
    return () => {
      forget();
      release();
    };
  }

  /** If there is a watch of the range, or will be, it stays open from now on. @returns how to end that. */
  keep(range: KeyRange): () => void {
    const [, release] = this.#use(range);
    return release;
  }

  /** This daemon deleted what was in the range, at this revision: whoever waits needs not wait for the event. */
  deleted(range: KeyRange, revision: Revision): void {
    this.#shared.get(idOf(range))?.deleted(revision);
  }

  #use(range: KeyRange): [SharedWatch, () => void] {
    const id = idOf(range);
    let shared = this.#shared.get(id);
    if (shared === undefined) {
      shared = new SharedWatch(this.#store, this.#clock, range);
      this.#shared.set(id, shared);
    }
    const used = shared;
    used.users += 1;
    return [
      used,
      () => {
        used.users -= 1;
        if (used.users > 0) return;
        used.close();
        this.#shared.delete(id);
      },
    ];
  }
}

interface Listener {
  readonly since: Revision;
  readonly count: number;
  readonly onChange: () => void;
}

class SharedWatch {
  users = 0;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #range: KeyRange;
  readonly #listeners = new Set<Listener>();
  #watch: Watch | undefined;
  /** All later deletions are told; undefined: the watch has not begun. */
  #startedAt: Revision | undefined;
  #deletedAt: Revision = 0;

  constructor(store: Store, clock: Clock, range: KeyRange) {
    this.#store = store;
    this.#clock = clock;
    this.#range = range;
  }

  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#watch === undefined) this.#open();
    else if (this.#deletedAt > listener.since) listener.onChange();
    else this.#lookFor(listener);
    return () => this.#listeners.delete(listener);
  }

  deleted(revision: Revision): void {
    this.#deletedAt = Math.max(this.#deletedAt, revision);
    this.#wake(({ since }) => since < revision);
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** Watches first and looks then, so that a deletion between a caller's look and the watch is not missed. */
  #open(): void {
    this.#startedAt = undefined;
    this.#watch = this.#store.watch(this.#range, 'now', {
      started: (revision) => {
        this.#startedAt = revision;
        for (const listener of [...this.#listeners]) this.#lookFor(listener);
      },
      events: (revision, events) => {
        if (events.some(({ kind }) => kind === 'delete')) this.deleted(revision);
      },
      ended: ({ reason }) => {
        this.#watch = undefined;
        // Closed: the next attempt says so. Too many watches: look again after a while.
        if (reason === 'too many') {
          this.#clock.timer(NO_WATCH_MS, () => this.#wake(() => this.#watch === undefined));
        } else this.#wake(() => true);
      },
    });
  }

  /** If the listener saw the range before the watch began. If the store does not answer, the next attempt says so. */
  #lookFor(listener: Listener): void {
    if (this.#startedAt === undefined || this.#startedAt <= listener.since) return;
    this.#look(listener).catch(listener.onChange);
  }

  async #look({ since, count, onChange }: Listener): Promise<void> {
    const { entries } = await this.#store.read({ range: this.#range, keysOnly: true });
    // Fewer than were there: some were deleted, though others may have come.
    const old = entries.filter((entry) => entry.createRevision <= since);
    if (old.length < count) onChange();
  }

  #wake(whom: (listener: Listener) => boolean): void {
    for (const listener of [...this.#listeners]) if (whom(listener)) listener.onChange();
  }
}

function idOf({ from, to }: KeyRange): string {
  return to === undefined ? from : `${from}\0${to}`;
}
