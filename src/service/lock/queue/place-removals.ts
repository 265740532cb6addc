import { isFault } from '../../../core/errors.js';
import type { Store } from '../../../store/store.js';
import { remove, transact } from '../../transaction.js';

/** Places of one transaction: as many as a branch has operations. */
const PLACES_A_WRITE = 32;

interface Removal {
  readonly key: string;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Takes places out of the queues of locks. Of each lock one write is under way; who leaves meanwhile shares the next one. So a
 * crowd that leaves at once costs few writes, and does not stand in line before those who stay.
 */
export class PlaceRemovals {
  readonly #store: Store;
  /** By resource; each is there as long as a write of it is under way. */
  readonly #waiting = new Map<string, Removal[]>();

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Resolves once the place is gone.
   * @param resource the lock's, as transactions have it.
   * @throws Fault as `Store.transact`: the place may be there.
   */
  remove(resource: string, key: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const removal: Removal = { key, resolve, reject };
      const waiting = this.#waiting.get(resource);
      if (waiting !== undefined) {
        waiting.push(removal);
        return;
      }
      this.#waiting.set(resource, [removal]);
      void this.#run(resource);
    });
  }

  async #run(resource: string): Promise<void> {
    // Those who leave in the same turn of the event loop go together.
    await Promise.resolve();
    for (;;) {
      const removals = this.#waiting.get(resource)?.splice(0, PLACES_A_WRITE) ?? [];
      if (removals.length === 0) break;
      try {
        await removePlaces(
          this.#store,
          resource,
          removals.map(({ key }) => key),
        );
        for (const removal of removals) removal.resolve();
      } catch (error) {
        for (const removal of removals) removal.reject(error);
        // The store is out of reach: whoever left meanwhile would only hear so later.
        if (isFault(error, 'UNAVAILABLE')) this.#rejectAll(resource, error);
      }
    }
    this.#waiting.delete(resource);
  }

  #rejectAll(resource: string, error: unknown): void {
    for (const removal of this.#waiting.get(resource)?.splice(0) ?? []) removal.reject(error);
  }
}

/** Deletes the keys of places, however many, a bounded number at a time. */
export async function removePlaces(
  store: Store,
  resource: string,
  keys: readonly string[],
): Promise<void> {
  for (let at = 0; at < keys.length; at += PLACES_A_WRITE) {
    await transact(store, { resource, then: keys.slice(at, at + PLACES_A_WRITE).map(remove) });
  }
}
