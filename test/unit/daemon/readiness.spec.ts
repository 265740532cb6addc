import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { Readiness } from '../../../src/daemon/readiness.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import type { StoreHealth } from '../../../src/store/store.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';
import { SILENT } from '../../support/silent-logger.js';

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
  const IS_BACK = { ready: true, detail: '' };
  let clock: VirtualClock;
  let lines: unknown[][];
  let told: boolean[];
  beforeEach(() => {
    clock = new VirtualClock();
    store = new AilingStore({ clock });
    lines = [];
    const keep = (...line: unknown[]): void => void lines.push(line);
    const logger = { ...SILENT, info: keep, warn: keep };
    readiness = new Readiness(store, { clock, logger, metrics: createMetrics('1') });
    told = [];
    readiness.onChange((ready) => told.push(ready));
  });
  afterEach(() => store.close());

  it('is not there while the daemon starts', () => {
    expect(readiness.now()).to.deep.equal({ ready: false, detail: 'the daemon is starting' });
    store.become(IS_BACK);
    expect(told).to.deep.equal([false, false]);
  });

  it("is the store's while the daemon serves", () => {
    readiness.serve();
    store.become(OUT_OF_REACH);
    expect(readiness.now()).to.deep.equal(OUT_OF_REACH);
    store.become(IS_BACK);
    expect(told).to.deep.equal([false, true, false, true]);
  });

  it('says once what is wrong, and once for how long it was', async () => {
    readiness.serve();
    store.become(OUT_OF_REACH);
    await clock.advance(61_234);
    store.become({ ready: false, detail: 'etcd has no leader' });
    expect(readiness.now().detail).to.equal('etcd has no leader');
    store.become(IS_BACK);
    store.become(OUT_OF_REACH);
    expect(lines).to.deep.equal([
      ['the storage can not be reached', { detail: OUT_OF_REACH.detail }],
      ['the storage can be reached again', { awaySeconds: 61.2 }],
      ['the storage can not be reached', { detail: OUT_OF_REACH.detail }],
    ]);
  });

  it('is gone for good once the daemon stops', () => {
    readiness.serve();
    readiness.stop();
    store.become(IS_BACK);
    expect(readiness.now().ready).to.equal(false);
    expect(told).to.deep.equal([false, true, false]);
  });
});
