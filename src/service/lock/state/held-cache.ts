import type { LockKeys } from '../../../core/keys.js';
import type { Holder } from '../../../core/lock.js';
import { exactly, prefixed } from '../../../store/store.js';
import type { Revision, Store, Watch } from '../../../store/store.js';
import type { ServiceTelemetry } from '../../../telemetry/service-telemetry.js';

interface Held {
  readonly holders: readonly Holder[];
  readonly watches: readonly Watch[];
}

/**
 * Locks that were found to be held, so that many who only try (`SHARED_LOCK_CACHE_ENABLED`) need not ask the store
 * each time. A lock is forgotten as soon as a watch tells that a holder of it has gone, when the watch ends or is
 * interrupted, and while the store is out of reach; so "held" is said late by a watch's delay at most, and "free" is never said
 * from memory. At most `capacity` locks; the one asked for longest ago makes room.
 */
export class HeldCache {
  readonly #store: Store;
  readonly #keys: LockKeys;
  readonly #capacity: number;
  readonly #telemetry: ServiceTelemetry;
  /** In the order of use. */
  readonly #locks = new Map<string, Held>();

  constructor(store: Store, keys: LockKeys, capacity: number, telemetry: ServiceTelemetry) {
    this.#store = store;
    this.#keys = keys;
    this.#capacity = capacity;
    this.#telemetry = telemetry;
    store.onHealthChange((health) => {
      if (!health.ready) for (const name of [...this.#locks.keys()]) this.#forget(name);
    });
  }

  /** Those who hold the lock, as far as is remembered. */
  find(name: string): readonly Holder[] | undefined {
    const held = this.#locks.get(name);
    this.#telemetry.cacheOperation('get', held === undefined ? 'miss' : 'hit');
    if (held === undefined) return undefined;
    this.#locks.delete(name);
    this.#locks.set(name, held);
    return held.holders;
  }

  /** The lock was held by these at `revision`. */
  remember(name: string, holders: readonly Holder[], revision: Revision): void {
    if (this.#locks.has(name) || holders.length === 0 || !this.#store.health.ready) return;
    const [oldest] = this.#locks.keys();
    if (this.#locks.size >= this.#capacity && oldest !== undefined) {
      this.#telemetry.cacheOperation('evict', 'success');
      this.#forget(oldest);
    }
    const forget = (): void => {
      this.#forget(name, held);
    };
    const keys = this.#keys;
    const watches = [
      exactly(keys.held(name)),
      prefixed(keys.shared(name)),
      prefixed(keys.permit(name)),
    ].map((range) =>
      this.#store.watch(range, revision + 1, {
        events: (_, events) => {
          if (events.some((event) => event.kind === 'delete')) forget();
        },
        interrupted: forget,
        ended: forget,
      }),
    );
    const held: Held = { holders, watches };
    this.#locks.set(name, held);
    this.#telemetry.cacheOperation('set', 'success');
  }

  /** `held`: only if it is still this one. */
  #forget(name: string, held = this.#locks.get(name)): void {
    for (const watch of held?.watches ?? []) watch.close();
    if (held !== undefined && this.#locks.get(name) === held) this.#locks.delete(name);
  }
}
