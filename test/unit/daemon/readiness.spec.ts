import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { Readiness } from '../../../src/daemon/readiness.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import type { StoreHealth } from '../../../src/store/store.js';
import { SILENT } from '../../../src/telemetry/logger.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';

/** A store whose health the test sets. */
class AilingStore extends MemoryStore {
  #health: StoreHealth = { ready: true, detail: '' };
  #tell: (health: StoreHealth) => void = () => undefined;
  override get health(): StoreHealth {
    return this.#health;
  }
  override onHealthChange(listener: (health: StoreHealth) => void): void {
    this.#tell = listener;
  }
  become(health: StoreHealth): void {
    this.#health = health;
    this.#tell(health);
  }
}

describe('the readiness', () => {
  const OUT_OF_REACH = { ready: false, detail: 'etcd can not be reached' };
  let store: AilingStore;
  let readiness: Readiness;
  let told: boolean[];
  beforeEach(() => {
    store = new AilingStore({ clock: new SystemClock() });
    readiness = new Readiness(store, { logger: SILENT, metrics: createMetrics('1') });
    told = [];
    readiness.onChange((ready) => told.push(ready));
  });
  afterEach(() => store.close());

  it('is not there while the daemon starts', () => {
    expect(readiness.now()).to.deep.equal({ ready: false, detail: 'the daemon is starting' });
    store.become({ ready: true, detail: '' });
    expect(told).to.deep.equal([false, false]);
  });

  it("is the store's while the daemon serves", () => {
    readiness.serve();
    store.become(OUT_OF_REACH);
    expect(readiness.now()).to.deep.equal(OUT_OF_REACH);
    store.become({ ready: true, detail: '' });
    expect(told).to.deep.equal([false, true, false, true]);
  });

  it('is gone for good once the daemon stops', () => {
    readiness.serve();
    readiness.stop();
    store.become({ ready: true, detail: '' });
    expect(readiness.now().ready).to.equal(false);
    expect(told).to.deep.equal([false, true, false]);
  });
});
