import type { Clock } from '../clock/clock.js';
import { ForwardingStore } from '../store/forwarding-store.js';
import type { LeaseState, Outcome, ReadResult, Revision, Store } from '../store/store.js';
import type { Metrics } from '../telemetry/metrics.js';

/** A store whose calls are measured. */
export class ObservedStore extends ForwardingStore {
  readonly #clock: Clock;
  readonly #metrics: Metrics;

  constructor(inner: Store, clock: Clock, metrics: Metrics) {
    super(inner);
    this.#clock = clock;
    this.#metrics = metrics;
  }

  override transact(...asked: Parameters<Store['transact']>): Promise<Outcome> {
    return this.#measure('transact', () => super.transact(...asked));
  }

  override read(
    ...asked: Parameters<Store['read']>
  ): Promise<ReadResult & { readonly revision: Revision }> {
    return this.#measure('read', () => super.read(...asked));
  }

  override grant(...asked: Parameters<Store['grant']>): Promise<number> {
    return this.#measure('grant', () => super.grant(...asked));
  }

  override renew(...asked: Parameters<Store['renew']>): Promise<number | undefined> {
    return this.#measure('renew', () => super.renew(...asked));
  }

  override revoke(...asked: Parameters<Store['revoke']>): Promise<boolean> {
    return this.#measure('revoke', () => super.revoke(...asked));
  }

  override inspectLease(
    ...asked: Parameters<Store['inspectLease']>
  ): Promise<LeaseState | undefined> {
    return this.#measure('inspect', () => super.inspectLease(...asked));
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
