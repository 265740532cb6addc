import type { Clock } from '../clock/clock.js';
import type { LeaseId } from '../core/lease-id.js';
import type {
  Acknowledged,
  KeyRange,
  LeaderChange,
  LeaseState,
  Outcome,
  Read,
  ReadResult,
  Revision,
  Store,
  StoreHealth,
  Transaction,
  Watch,
  WatchListener,
} from '../store/store.js';
import type { Metrics } from '../telemetry/metrics.js';

/** A store whose calls are measured. */
export class ObservedStore implements Store {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #metrics: Metrics;

  constructor(store: Store, clock: Clock, metrics: Metrics) {
    this.#store = store;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  get mayGrantMore(): boolean {
    return this.#store.mayGrantMore;
  }

  get health(): StoreHealth {
    return this.#store.health;
  }

  onHealthChange(listener: (health: StoreHealth) => void): void {
    this.#store.onHealthChange(listener);
  }

  transact(transaction: Transaction): Promise<Outcome> {
    return this.#measure('transact', () => this.#store.transact(transaction));
  }

  read(read: Omit<Read, 'kind'>): Promise<ReadResult & { readonly revision: Revision }> {
    return this.#measure('read', () => this.#store.read(read));
  }

  grant(id: LeaseId, ttlSeconds: number, options?: { readonly frees?: boolean }): Promise<number> {
    return this.#measure('grant', () => this.#store.grant(id, ttlSeconds, options));
  }

  renew(id: LeaseId): Promise<number | undefined> {
    return this.#measure('renew', () => this.#store.renew(id));
  }

  revoke(id: LeaseId): Promise<boolean> {
    return this.#measure('revoke', () => this.#store.revoke(id));
  }

  inspectLease(
    id: LeaseId,
    options?: { readonly keys?: boolean },
  ): Promise<LeaseState | undefined> {
    return this.#measure('inspect', () => this.#store.inspectLease(id, options));
  }

  get endsLeasesEarly(): boolean {
    return this.#store.endsLeasesEarly;
  }

  get leaderChange(): LeaderChange | undefined {
    return this.#store.leaderChange;
  }

  acknowledged(id: LeaseId): Acknowledged | undefined {
    return this.#store.acknowledged(id);
  }

  watch(range: KeyRange, from: Revision | 'now', listener: WatchListener): Watch {
    return this.#store.watch(range, from, listener);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #measure<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.now();
    let ok = false;
    try {
      const result = await call();
      ok = true;
      return result;
    } finally {
      this.#metrics.observeStore(operation, (this.#clock.now() - startMs) / 1000, ok);
    }
  }
}
