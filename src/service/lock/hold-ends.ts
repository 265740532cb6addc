import type { Clock } from '../../clock/clock.js';
import { isFault } from '../../core/errors.js';
import type { KeyLayout, LockKeys } from '../../core/keys.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { HoldEnd } from '../../core/lock.js';
import { exactly, readAt } from '../../store/store.js';
import type { Entry, Revision, Store, StoreEvent } from '../../store/store.js';
import { lifeOf } from '../lease/life.js';
import { readPreemption } from './preemption.js';

/** What a lease's record can't tell by then is not told. */
const LOOK_BACK_MS = 2000;
/** Holds whose ends are being found out at the same time; of more it is not told. */
const CAPACITY = 1000;

const UNKNOWN: HoldEnd = { cause: 'UNKNOWN' };

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
 * Many who watch the same lock share one look.
 */
export class HoldEnds {
  readonly #parts: HoldEndsParts;
  readonly #looking = new Map<string, Promise<HoldEnd>>();

  constructor(parts: HoldEndsParts) {
    this.#parts = parts;
  }

  /** `gone` is the key that held the lock, and was deleted at `revision`. Never rejects. */
  find(name: string, gone: Entry, revision: Revision): Promise<HoldEnd> {
    const { lease, key } = gone;
    if (lease === undefined) return Promise.resolve(UNKNOWN);
    const id = `${revision} ${key}`;
    const known = this.#looking.get(id);
    if (known !== undefined) return known;
    if (this.#looking.size >= CAPACITY) return Promise.resolve(UNKNOWN);
    const looking = this.#look(name, lease, gone.createRevision, revision)
      .catch((error: unknown) => {
        // The store is out of reach: the event is true all the same.
        if (!isFault(error)) throw error;
        return UNKNOWN;
      })
      .finally(() => this.#looking.delete(id));
    this.#looking.set(id, looking);
    return looking;
  }

  async #look(name: string, lease: LeaseId, token: Revision, revision: Revision): Promise<HoldEnd> {
    const { store, layout, keys } = this.#parts;
    const outcome = await store.transact({
      resource: keys.held(name),
      compare: [],
      then: [
        { kind: 'read', range: exactly(keys.preempted(name, lease)) },
        { kind: 'read', range: exactly(layout.lease(lease)) },
      ],
      else: [],
    });
    const reason = readPreemption(readAt(outcome, 0).entries[0], token);
    if (reason !== undefined) return { cause: 'PREEMPTED', reason };
    if (readAt(outcome, 1).entries.length > 0) return { cause: 'RELEASED' };
    // Another program's lease may have no record, and live.
    if ((await store.inspectLease(lease)) !== undefined) return { cause: 'RELEASED' };
    return this.#lookBack(lease, revision);
  }

  /** What became of the lease from `revision` on: its first event says it. */
  #lookBack(lease: LeaseId, revision: Revision): Promise<HoldEnd> {
    const { store, clock, layout } = this.#parts;
    return new Promise((resolve) => {
      const done = (end: HoldEnd): void => {
        timer.cancel();
        watch.close();
        resolve(end);
      };
      const timer = clock.timer(LOOK_BACK_MS, () => {
        done(UNKNOWN);
      });
      const watch = store.watch(lifeOf(layout, lease), revision, {
        events: (at, events) => {
          done(at === revision ? leaseEnd(events, layout.ending(lease)) : { cause: 'RELEASED' });
        },
        ended: () => {
          done(UNKNOWN);
        },
      });
    });
  }
}

/** Of a lease that ended together with the hold. */
function leaseEnd(events: readonly StoreEvent[], ending: string): HoldEnd {
  if (!events.some((event) => event.kind === 'delete')) return { cause: 'RELEASED' };
  const isMarked = events.some((event) => event.kind === 'delete' && event.key === ending);
  return { cause: isMarked ? 'REVOKED' : 'EXPIRED' };
}
