import type { Store, StoreHealth } from '../store/store.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';

/** Whether the daemon can serve: its store can be reached, and it is not about to stop. */
export class Readiness {
  readonly #store: Store;
  readonly #publish: (ready: boolean) => void;
  #state: 'starting' | 'serving' | 'stopping' = 'starting';

  /** `publish` is called with each change, and at first. */
  constructor(
    store: Store,
    parts: {
      readonly logger: Logger;
      readonly metrics: Metrics;
      readonly publish: (ready: boolean) => void;
    },
  ) {
    this.#store = store;
    this.#publish = parts.publish;
    const tell = (health: StoreHealth): void => {
      parts.metrics.storeUp(health.ready);
      this.#publish(this.now().ready);
    };
    store.onHealthChange((health) => {
      // While it stops, the daemon itself closes the store.
      if (this.#state === 'stopping') return;
      if (health.ready) parts.logger.info('the storage can be reached again');
      else parts.logger.warn('the storage can not be reached', { detail: health.detail });
      tell(health);
    });
    tell(store.health);
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
    this.#publish(this.now().ready);
  }

  stop(): void {
    this.#state = 'stopping';
    this.#publish(false);
  }
}
