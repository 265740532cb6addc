import type { Clock } from '../../../clock/clock.js';
import type { LockKeys } from '../../../core/keys.js';
import type { Holder } from '../../../core/lock.js';
import { exactly } from '../../../store/store.js';
import type { Entry, Store } from '../../../store/store.js';
import { readExclusiveHolder } from '../state/records.js';

export interface HolderLookupParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly keys: LockKeys;
}

/**
 * Who has taken a lock, for those who watch it: the key that holds it does not say that, its record does. All who watch the
 * same lock are given the same entry by the store, and share one look.
 */
export class HolderLookup {
  readonly #parts: HolderLookupParts;
  readonly #found = new WeakMap<Entry, Promise<Holder>>();

  constructor(parts: HolderLookupParts) {
    this.#parts = parts;
  }

  /** `held`: the key of lock `name`, as it was put. @throws Fault UNAVAILABLE if the store does not answer. */
  find(name: string, held: Entry): Promise<Holder> {
    const known = this.#found.get(held);
    if (known !== undefined) return known;
    const finding = this.#find(name, held);
    this.#found.set(held, finding);
    // Who asks later may have better luck.
    finding.catch(() => this.#found.delete(held));
    return finding;
  }

  async #find(name: string, held: Entry): Promise<Holder> {
    const { store, clock, keys } = this.#parts;
    const [record] = (await store.read({ range: exactly(keys.holder(name)) })).entries;
    // It is read later than the event, and may be the next holder's by now.
    const isIts = record?.modRevision === held.createRevision;
    return readExclusiveHolder(held, isIts ? record : undefined, clock.wall());
  }
}
