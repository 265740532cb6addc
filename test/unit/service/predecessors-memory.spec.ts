import { expect } from 'chai';
import { randomLeaseId } from '../../../src/clock/random.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { keyLayout } from '../../../src/core/keys.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { LockMode } from '../../../src/core/lock.js';
import type { HoldEnds } from '../../../src/service/lock/inspect/hold-ends.js';
import { Predecessors } from '../../../src/service/lock/acquire/predecessors.js';
import type { Acknowledged, Store } from '../../../src/store/store.js';

describe('the memory of those who held locks before', () => {
  const next = randomLeaseId();
  let clock: VirtualClock;
  let acknowledged: Acknowledged | undefined;
  let endsLeasesEarly: boolean;
  let looks: number;
  let cause: string;
  let predecessors: Predecessors;
  /** Leases of which something else is acknowledged than of all others. */
  let said: Map<LeaseId, Acknowledged>;

  beforeEach(() => {
    clock = new VirtualClock();
    said = new Map();
    acknowledged = { untilMs: clock.now() + 10_000, mayEndEarly: true };
    endsLeasesEarly = true;
    looks = 0;
    cause = 'EXPIRED';
    const store = {
      acknowledged: (lease: LeaseId) => said.get(lease) ?? acknowledged,
      leaderChange: undefined,
      get endsLeasesEarly() {
        return endsLeasesEarly;
      },
    };
    const holdEnds = {
      findLate: () => {
        looks += 1;
        return Promise.resolve({ end: { cause } });
      },
    };
    predecessors = new Predecessors({
      store: store as unknown as Store,
      clock,
      keys: keyLayout('/shared-lock/').lock,
      holdEnds: holdEnds as unknown as HoldEnds,
    });
  });

  const grant = (name: string, mode: LockMode = 'EXCLUSIVE'): LeaseId => {
    const leaseId = randomLeaseId();
    predecessors.granted({ name, mode }, { leaseId, fencingToken: 1, ttlSeconds: 10 });
    return leaseId;
  };
  const heldUntilMs = (name: string) => predecessors.heldUntilMs({ name, mode: 'EXCLUSIVE' }, next);

  it('has the last 100,000 of all names', async () => {
    for (let index = 0; index <= 100_000; index += 1) grant(`${index}`);
    expect(await heldUntilMs('0')).to.equal(undefined);
    expect(await heldUntilMs('1')).to.equal(acknowledged?.untilMs);
    expect(await heldUntilMs('100000')).to.equal(acknowledged?.untilMs);
  });

  it('drops what is over also behind what lasts, before it needs the room', async () => {
    const soon = { untilMs: clock.now() + 10_000, mayEndEarly: true };
    const untilMs = clock.now() + 3_600_000;
    for (const name of ['first', 'second', 'third']) said.set(grant(name), { ...soon, untilMs });
    for (let index = 0; index < 99_000; index += 1) said.set(grant(`over ${index}`), soon);
    await clock.advance(10_001);
    acknowledged = { untilMs: clock.now() + 10_000, mayEndEarly: true };
    for (let index = 0; index < 2000; index += 1) grant(`new ${index}`);
    expect(await heldUntilMs('first')).to.equal(untilMs);
  });

  it('has what was found to hold a lock, but not of a store that ends no lease early', async () => {
    const found = (name: string, lease: LeaseId): void => {
      const entry = { key: name, value: '', createRevision: 1, modRevision: 1, version: 1, lease };
      predecessors.found(name, { held: entry, beside: entry });
    };
    found('a', randomLeaseId());
    endsLeasesEarly = false;
    found('b', randomLeaseId());
    expect(await heldUntilMs('a')).to.equal(acknowledged?.untilMs);
    expect(await heldUntilMs('b')).to.equal(undefined);
  });

  it('has the last 100 of one name, each looked at once', async () => {
    for (let index = 0; index < 150; index += 1) grant('a', 'SHARED');
    await heldUntilMs('a');
    await heldUntilMs('a');
    expect(looks).to.equal(100);
  });

  it('has nobody any more who turned out to have released the lock', async () => {
    grant('a');
    cause = 'RELEASED';
    expect(await heldUntilMs('a')).to.equal(undefined);
    await heldUntilMs('a');
    expect(looks).to.equal(1);
  });

  it('has nobody of whom the store says nothing, as one does that never ends a lease early', async () => {
    acknowledged = undefined;
    grant('a');
    acknowledged = { untilMs: clock.now() + 10_000, mayEndEarly: true };
    expect(await heldUntilMs('a')).to.equal(undefined);
  });

  it('looks at nobody whose time is over, nor at the one who is granted the lock', async () => {
    const leaseId = grant('a');
    expect(await predecessors.heldUntilMs({ name: 'a', mode: 'EXCLUSIVE' }, leaseId)).to.equal(
      undefined,
    );
    await clock.advance(10_001);
    expect(await heldUntilMs('a')).to.equal(undefined);
    expect(looks).to.equal(0);
  });
});
