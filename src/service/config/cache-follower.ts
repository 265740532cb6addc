import type { Clock } from '../../clock/clock.js';
import type { ConfigKeys } from '../../core/keys.js';
import { prefixed, type Revision, type Store, type Watch } from '../../store/store.js';
import type { CacheEntries, CachedDocument, Epoch } from './cache-entries.js';
import { changesIn, type DocumentChange } from './events.js';
import type { Found } from './records.js';

/** After a watch that the store ended. */
const RETRY_MS = 1000;

export interface FollowerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly entries: CacheEntries;
  /** Until when events were heard, on the monotonic clock: not now, if the process was paused just before. */
  readonly inStepMs: () => number;
}

/**
 * Keeps what is remembered of one namespace in step, by one watch.
 *
 *     starting ── the watch has begun, at a revision ──▶ in step
 *        ▲                                                  │
 *        └── interrupted, ended, restart(): a new epoch ────┘
 *
 * A watch is never resumed: it begins anew, from now, and what was remembered before belongs to an epoch that
 * is over. So nothing needs to be known of how far a resumed watch has caught up.
 */
export class CacheFollower {
  readonly #parts: FollowerParts;
  readonly #keys: ConfigKeys;
  #watch: Watch | undefined;
  #epoch: Epoch = { endedMs: undefined };
  /** The watch tells all changes after this revision; undefined: it has not begun. */
  #since: Revision | undefined;
  /** The newest change that was told, or that this daemon made itself. */
  #seen: Revision = 0;
  /** The newest change that this daemon made itself. */
  #written: Revision = 0;
  #closed = false;
  usedMs: number;

  constructor(parts: FollowerParts, keys: ConfigKeys) {
    this.#parts = parts;
    this.#keys = keys;
    this.usedMs = parts.clock.now();
    this.#begin();
  }

  /** Undefined: nothing can be vouched for now. */
  get epoch(): Epoch | undefined {
    return this.#since === undefined ? undefined : this.#epoch;
  }

  /** The document was read in this epoch, and was so at `asOf`. */
  filled(key: string, epoch: Epoch | undefined, found: Found | undefined, asOf: Revision): void {
    if (epoch === undefined || epoch !== this.epoch || asOf < (this.#since ?? Infinity)) return;
    const known = this.#parts.entries.peek(key);
    // Without an entry nobody knows which document the newest change was about.
    const newest = known?.epoch === epoch ? known.asOf : this.#seen;
    if (asOf >= newest) this.#parts.entries.set(key, { found, asOf, epoch });
  }

  /** This daemon made a change, which the watch has yet to tell. */
  wrote(key: string, found: Found | undefined, revision: Revision): void {
    const { entries } = this.#parts;
    if (this.epoch === undefined || revision < (this.#since ?? Infinity)) {
      entries.delete(key);
      return;
    }
    this.#written = Math.max(this.#written, revision);
    this.#seen = Math.max(this.#seen, revision);
    const known = entries.peek(key);
    if (known?.epoch === this.#epoch && known.asOf > revision) return;
    entries.set(key, { found, asOf: revision, epoch: this.#epoch });
  }

  /** Begins anew: events may be missing, or late. `inStepMs`: when they were last known not to be. */
  restart(inStepMs: number): void {
    if (this.#closed) return;
    this.#epoch.endedMs ??= inStepMs;
    this.#watch?.close();
    this.#begin();
  }

  close(): void {
    this.#closed = true;
    this.#since = undefined;
    this.#epoch.endedMs ??= this.#parts.inStepMs();
    this.#watch?.close();
  }

  #begin(): void {
    const { store, clock, inStepMs } = this.#parts;
    const epoch: Epoch = { endedMs: undefined };
    this.#epoch = epoch;
    this.#since = undefined;
    this.#seen = 0;
    this.#written = 0;
    const isOver = (): boolean => epoch !== this.#epoch || this.#closed;
    this.#watch = store.watch(prefixed(this.#keys.root), 'now', {
      started: (revision) => {
        if (!isOver()) this.#since = revision;
      },
      events: (revision, events) => {
        if (isOver()) return;
        this.#seen = Math.max(this.#seen, revision);
        for (const change of changesIn(this.#keys, events)) this.#changed(revision, change);
      },
      interrupted: () => {
        if (!isOver()) this.restart(inStepMs());
      },
      ended: ({ reason }) => {
        if (isOver()) return;
        this.#since = undefined;
        epoch.endedMs = inStepMs();
        if (reason === 'closed') return;
        clock.timer(RETRY_MS, () => {
          if (!isOver()) this.#begin();
        });
      },
    });
  }

  #changed(revision: Revision, change: DocumentChange): void {
    const { entries } = this.#parts;
    const key = this.#keys.head(change.name);
    const known = entries.peek(key);
    const current = known?.epoch === this.#epoch ? known : undefined;
    // Without an entry an own write that is newer may have been the document's: there was no room to remember it.
    if (revision <= (current?.asOf ?? this.#written)) return;
    const after = applied(current, revision, change);
    if (after === 'unknown') entries.delete(key);
    else entries.setIfRoom(key, { found: after, asOf: revision, epoch: this.#epoch });
  }
}

/** What a change makes of a document; it tells only what it wrote. */
function applied(
  before: CachedDocument | undefined,
  headRevision: Revision,
  { head, document, schema }: DocumentChange,
): Found | undefined | 'unknown' {
  if (head === undefined) return undefined;
  const { version, hasSchema } = head;
  const known = before?.found;
  const text = document ?? (known?.version === version ? known.document : undefined);
  const itsSchema = hasSchema ? (schema ?? known?.schema) : '';
  if (text === undefined || itsSchema === undefined) return 'unknown';
  return { head, headRevision, version, document: text, schema: itsSchema };
}
