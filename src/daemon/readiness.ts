import type { Clock } from '../clock/clock.js';
import type { Store, StoreHealth } from '../store/store.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';

export interface ReadinessParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Whether the daemon can serve: its store can be reached, and it is not about to stop. */
export class Readiness {
  readonly #store: Store;
  readonly #listeners = new Set<(ready: boolean) => void>();
  /** Since when the store has been out of reach, on the monotonic clock. */
  #awaySinceMs: number | undefined;
  #state: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(store: Store, parts: ReadinessParts) {
    const { clock, logger, metrics } = parts;
    this.#store = store;
    const isUp = store.health.ready;
    this.#awaySinceMs = isUp ? undefined : clock.now();
    metrics.storeUp(isUp);
    store.onHealthChange((health) => {
      // While it stops, the daemon itself closes the store.
      if (this.#state === 'stopping') return;
      if (health.ready) this.#isBack(clock, logger);
      else this.#isAway(health.detail, clock, logger);
      metrics.storeUp(health.ready);
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

  /** Once an outage: what is wrong may change meanwhile, and `now` has it. */
  #isAway(detail: string, clock: Clock, logger: Logger): void {
    if (this.#awaySinceMs !== undefined) return;
    this.#awaySinceMs = clock.now();
    logger.warn('the storage can not be reached', { detail });
  }

  #isBack(clock: Clock, logger: Logger): void {
    if (this.#awaySinceMs === undefined) return;
    const awaySeconds = Math.round((clock.now() - this.#awaySinceMs) / 100) / 10;
    this.#awaySinceMs = undefined;
    logger.info('the storage can be reached again', { awaySeconds });
  }

  #publish(): void {
    const { ready } = this.now();
    for (const listener of this.#listeners) listener(ready);
  }
}
