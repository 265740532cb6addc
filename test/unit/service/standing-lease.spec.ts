import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { unavailable } from '../../../src/core/errors.js';
import { Janitor } from '../../../src/service/janitor.js';
import { StandingLease } from '../../../src/service/standing-lease.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { memoryStore } from '../../support/services.js';

describe('StandingLease', () => {
  let store: MemoryStore;
  let clock: VirtualClock;

  beforeEach(() => {
    ({ store, clock } = memoryStore());
  });

  it('stays alive far beyond its TTL', async () => {
    const lease = new StandingLease(store, clock, 10);
    const id = await lease.current();
    await clock.advance(100_000);
    expect(await lease.current()).to.equal(id);
    expect(await store.inspectLease(id)).not.to.equal(undefined);
  });

  it('is another one after it was lost', async () => {
    const lease = new StandingLease(store, clock, 10);
    const id = await lease.current();
    await store.revoke(id);
    expect(await lease.replaceIfEnded()).to.equal(true);
    const next = await lease.current();
    expect(next).not.to.equal(id);
    await clock.advance(100_000);
    expect(await lease.current()).to.equal(next);
  });

  it('finds by itself that it was lost while the process was stopped', async () => {
    const lease = new StandingLease(store, clock, 10);
    const id = await lease.current();
    await clock.stall(60_000);
    await clock.advance(5000);
    expect(await lease.current()).not.to.equal(id);
  });

  it('ends when it is stopped', async () => {
    const lease = new StandingLease(store, clock, 10);
    const id = await lease.current();
    await lease.stop();
    expect(await store.inspectLease(id)).to.equal(undefined);
  });
});

describe('Janitor', () => {
  it('repeats a task, later and later, until it succeeds', async () => {
    const { clock } = memoryStore();
    const startMs = clock.now();
    const triesMs: number[] = [];
    const janitor = new Janitor(clock, () => undefined);
    janitor.later(async () => {
      triesMs.push(clock.now() - startMs);
      await Promise.resolve();
      if (triesMs.length < 4) throw unavailable('away');
    });
    await clock.advance(10_000);
    expect(triesMs).to.deep.equal([0, 100, 300, 700]);
  });

  it('gives up, and tells, a task that fails for another reason', async () => {
    const { clock } = memoryStore();
    let tries = 0;
    const troubles: string[] = [];
    new Janitor(clock, (trouble) => troubles.push(trouble)).later(() => {
      tries++;
      return Promise.reject(new Error('broken'));
    });
    await clock.advance(10_000);
    expect(tries).to.equal(1);
    expect(troubles).to.deep.equal(['failed']);
  });

  it('drops what is beyond its capacity, and counts it', async () => {
    const { clock } = memoryStore();
    let dropped = 0;
    const janitor = new Janitor(clock, () => dropped++, 2);
    for (let i = 0; i < 16 + 5; i++) janitor.later(() => Promise.reject(unavailable('away')));
    expect(dropped).to.equal(3);
    const stopped = janitor.stop();
    await clock.advance(0);
    await stopped;
  });
});
