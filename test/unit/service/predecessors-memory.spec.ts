import { expect } from 'chai';
import { randomLeaseId } from '../../../src/clock/random.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { keyLayout } from '../../../src/core/keys.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import type { LockMode } from '../../../src/core/lock.js';
import type { HoldEnds } from '../../../src/service/lock/hold-ends.js';
import { Predecessors } from '../../../src/service/lock/predecessors.js';
import type { Acknowledged, Store } from '../../../src/store/store.js';

describe('the memory of those who held locks before', () => {
  const next = randomLeaseId();
  let clock: VirtualClock;
  let acknowledged: Acknowledged | undefined;
  let looks: number;
  let cause: string;
  let predecessors: Predecessors;

  beforeEach(() => {
    clock = new VirtualClock();
    acknowledged = { untilMs: clock.now() + 10_000, mayEndEarly: true };
    looks = 0;
    cause = 'EXPIRED';
    const store = { acknowledged: () => acknowledged, leaderChange: undefined };
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
