import type { Store, StoreHealth } from '../store/store.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';

/** Whether the daemon can serve: its store can be reached, and it is not about to stop. */
export class Readiness {
  readonly #store: Store;
  readonly #listeners = new Set<(ready: boolean) => void>();
  #state: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(store: Store, parts: { readonly logger: Logger; readonly metrics: Metrics }) {
    this.#store = store;
    parts.metrics.storeUp(store.health.ready);
    store.onHealthChange((health) => {
      // While it stops, the daemon itself closes the store.
      if (this.#state === 'stopping') return;
      if (health.ready) parts.logger.info('the storage can be reached again');
      else parts.logger.warn('the storage can not be reached', { detail: health.detail });
      parts.metrics.storeUp(health.ready);
      this.#publish();
    });
  }

  /** Calls the listener with what is now, and with each change. */
  onChange(listener: (ready: boolean) => void): void {
    this.#listeners.add(listener);
    listener(this.now().ready);
  }

  now(): StoreHealth {
    switch (this.#state) {
      case 'starting':
        return { ready: false, detail: 'the daemon is starting' };
      case 'stopping':
        return { ready: false, detail: 'the daemon is stopping' };
      case 'serving':
        return this.#store.health;
    }
  }

  serve(): void {
    this.#state = 'serving';
    this.#publish();
  }

  stop(): void {
    this.#state = 'stopping';
    this.#publish();
  }

  #publish(): void {
    const { ready } = this.now();
    for (const listener of this.#listeners) listener(ready);
  }
}
