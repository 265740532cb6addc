import type { Clock } from '../../../clock/clock.js';
import { isFault } from '../../../core/errors.js';
import type { KeyLayout, LockKeys } from '../../../core/keys.js';
import type { LeaseId } from '../../../core/lease-id.js';
import type { HoldEnd } from '../../../core/lock.js';
import type { Entry, Revision, Store, StoreEvent, Watch } from '../../../store/store.js';
import { lifeOf } from '../../lease/life.js';
import { readPreemption } from '../../lease/preemption.js';
import { readLeaseRecord } from '../../lease/record.js';
import { readKey, transact } from '../../transaction.js';

/** What a lease's record can't tell by then is not told. */
const LOOK_BACK_MS = 2000;
/**
 * How far back is looked for the end of a lease, in revisions, if it is not known when that was: the store reads all of them for it.
 * What ended before is not told, as what is compacted.
 */
const LOOK_BACK_REVISIONS = 10_000;
/** Holds whose ends are being found out at the same time; of more it is not told. */
const CAPACITY = 1000;

const UNKNOWN: FoundEnd = { end: { cause: 'UNKNOWN' } };
const RELEASED: FoundEnd = { end: { cause: 'RELEASED' } };

/** How a hold ended and, if its lease ended with it, the TTL that this had. */
export interface FoundEnd {
  readonly end: HoldEnd;
  readonly ttlSeconds?: number | undefined;
}

export interface HoldEndsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly layout: KeyLayout;
  readonly keys: LockKeys;
}

/**
 * Finds out how holds ended, for those who watch. Nothing is written for it when a lock is released: what is seen
 * afterwards is enough.
 *
 *     a record of a forced release has the hold's token  ─▶ PREEMPTED
 *     the lease lives, or ended at a later revision       ─▶ RELEASED
 *     the lease ended at the same revision, marked        ─▶ REVOKED
 *     the lease ended at the same revision                ─▶ EXPIRED
 *
 * Many who watch the same lock share one look. If the revision at which the lock's key went is not known (`findLate`), the end
 * of the lease is taken for that of the hold.
 */
export class HoldEnds {
  readonly #parts: HoldEndsParts;
  readonly #looking = new Map<string, Promise<FoundEnd>>();

  constructor(parts: HoldEndsParts) {
    this.#parts = parts;
  }

  /** `gone` is the key that held the lock, and was deleted at `revision`. Never rejects. */
  async find(name: string, gone: Entry, revision: Revision): Promise<HoldEnd> {
    const { lease, key, createRevision } = gone;
    if (lease === undefined) return UNKNOWN.end;
    const look = () => this.#look(name, lease, createRevision, revision);
    return (await this.#share(`${revision} ${key}`, look)).end;
  }

  /** Of a hold that is gone, since whenever. Never rejects. */
  findLate(name: string, lease: LeaseId, token: Revision): Promise<FoundEnd> {
    const look = () => this.#look(name, lease, token, undefined);
    return this.#share(`${token} ${lease} ${name}`, look);
  }

  #share(id: string, look: () => Promise<FoundEnd>): Promise<FoundEnd> {
    const known = this.#looking.get(id);
    if (known !== undefined) return known;
    if (this.#looking.size >= CAPACITY) return Promise.resolve(UNKNOWN);
    const looking = look()
      .catch((error: unknown) => {
        // The store is out of reach: the event is true all the same.
        if (!isFault(error)) throw error;
        return UNKNOWN;
      })
      .finally(() => this.#looking.delete(id));
    this.#looking.set(id, looking);
    return looking;
  }

  async #look(
    name: string,
    lease: LeaseId,
    token: Revision,
    goneAt: Revision | undefined,
  ): Promise<FoundEnd> {
    const { store, layout, keys } = this.#parts;
    const preempted = readKey(keys.preempted(name, lease));
    const record = readKey(layout.lease(lease));
    const done = await transact(store, { resource: keys.held(name), then: [preempted, record] });
    const reason = readPreemption(done.entry(preempted), token);
    if (reason !== undefined) return { end: { cause: 'PREEMPTED', reason } };
    if (done.entry(record) !== undefined) return RELEASED;
    // Another program's lease may have no record, and live.
    if ((await store.inspectLease(lease)) !== undefined) return RELEASED;
    const earliest = Math.max(token, done.revision - LOOK_BACK_REVISIONS);
    return this.#lookBack(lease, earliest, goneAt);
  }

  /** What became of the lease, from `earliest` on: if `goneAt` is known, its first event from there on says it. */
  #lookBack(lease: LeaseId, earliest: Revision, goneAt: Revision | undefined): Promise<FoundEnd> {
    const { store, clock, layout } = this.#parts;
    return new Promise((resolve) => {
      let watch: Watch | undefined;
      const done = (found: FoundEnd): void => {
        timer.cancel();
        watch?.close();
        resolve(found);
      };
      const timer = clock.timer(LOOK_BACK_MS, () => {
        done(UNKNOWN);
      });
      const watchFrom = (from: Revision): void => {
        watch = store.watch(lifeOf(layout, lease), from, {
          events: (at, events) => {
            const found = leaseEnd(events, layout, lease);
            if (goneAt !== undefined) done(at === goneAt ? (found ?? RELEASED) : RELEASED);
            else if (found !== undefined) done(found);
          },
          ended: (end) => {
            // What is lost most likely happened before the lease ended.
            if (goneAt === undefined && end.reason === 'compacted')
              watchFrom(end.compactRevision + 1);
            else done(UNKNOWN);
          },
        });
      };
      watchFrom(goneAt ?? earliest);
    });
  }
}

/** Undefined: these are not the events of its end. */
function leaseEnd(
  events: readonly StoreEvent[],
  layout: KeyLayout,
  lease: LeaseId,
): FoundEnd | undefined {
  const deleted = events.filter((event) => event.kind === 'delete');
  const record = deleted.find((event) => event.key === layout.lease(lease));
  if (record === undefined) return undefined;
  const isMarked = deleted.some((event) => event.key === layout.ending(lease));
  const ttlSeconds = readLeaseRecord(record.previous)?.ttlSeconds;
  return { end: { cause: isMarked ? 'REVOKED' : 'EXPIRED' }, ttlSeconds };
}
