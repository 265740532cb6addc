import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import type { LeaseEvent } from '../../../src/core/lease.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import { FaultyStore } from '../../support/faulty-store.js';
import {
  caller,
  collect,
  faultOf,
  grantOf,
  serviceBench,
  session,
  startDaemon,
  UNKNOWN_LEASE,
} from '../../support/services.js';

describe('LeaseService.watch', () => {
  const bench = serviceBench();
  let faulty: FaultyStore;
  let gone: AbortController;

  beforeEach(() => {
    faulty = new FaultyStore(bench.store);
    bench.daemon = startDaemon(faulty.store, bench.clock);
    gone = new AbortController();
  });

  const watch = async (lease: LeaseId): Promise<ReturnType<typeof collect<LeaseEvent>>> =>
    collect(await bench.daemon.leases.watch(lease, caller(gone.signal)));

  const kinds = (events: readonly LeaseEvent[]): string[] => [
    ...new Set(events.map((event) => event.kind)),
  ];

  /** Lets time pass, and the lease be renewed each third of its TTL of 10 s. */
  async function live(lease: LeaseId, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 3000) {
      await bench.clock.advance(3000);
      await bench.daemon.leases.keepAlive(lease);
    }
  }

  it('tells at first how much is left, and nothing more while others renew', async () => {
    const lease = await session(bench.daemon);
    const { events } = await watch(lease);
    await live(lease, 60_000);
    expect(events).to.deep.equal([{ kind: 'alive', ttlSeconds: 10, leftMs: 8000 }]);
    gone.abort();
  });

  it('tells of the jeopardy when half of the TTL is over, and when that is past', async () => {
    const lease = await session(bench.daemon);
    const { events } = await watch(lease);
    await bench.clock.advance(4900);
    expect(kinds(events)).to.deep.equal(['alive']);
    await bench.clock.advance(1500);
    expect(events.at(-1)).to.have.property('kind', 'jeopardy');
    expect(events.at(-1)).to.have.property('leftMs').within(1000, 3000);
    await bench.daemon.leases.keepAlive(lease);
    await live(lease, 6000);
    expect(events.at(-1)).to.have.property('kind', 'alive');
    gone.abort();
  });

  it('tells of the loss before anybody else has the lock', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    const { events, done } = await watch(leaseId);
    const next = bench.acquire('a', { waitMs: 60_000 });
    await bench.clock.advance(9000);
    expect(await done).to.equal('ended');
    expect(events.at(-1)).to.deep.equal({ kind: 'lost', end: { cause: 'EXPIRED' } });
    expect((await bench.daemon.locks.get('a')).waiterCount).to.equal(1);
    await bench.clock.advance(2000);
    expect(await next).to.have.property('acquired', true);
  });

  it('tells that the lease was revoked', async () => {
    const lease = await session(bench.daemon);
    const { events, done } = await watch(lease);
    await bench.daemon.leases.revoke(lease);
    await bench.clock.advance(1);
    expect(await done).to.equal('ended');
    expect(events.at(-1)).to.deep.equal({ kind: 'lost', end: { cause: 'REVOKED' } });
  });

  it('tells that an operator took the lock that it was made for, and why', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    const { events } = await watch(leaseId);
    await bench.forceRelease('a', { reason: 'stuck' });
    await bench.clock.advance(1);
    const end = { cause: 'PREEMPTED', reason: 'stuck' };
    expect(events.at(-1)).to.deep.equal({ kind: 'lost', end });
  });

  it('tells that the lock that it was made for was released', async () => {
    const { leaseId } = grantOf(await bench.acquire('a'));
    const { events } = await watch(leaseId);
    await bench.release('a', leaseId);
    await bench.clock.advance(1);
    expect(events.at(-1)).to.deep.equal({ kind: 'lost', end: { cause: 'RELEASED' } });
  });

  it('counts it as lost by its own clock if the store is out of reach', async () => {
    const lease = await session(bench.daemon);
    const { events, done } = await watch(lease);
    await bench.clock.advance(1);
    faulty.onInspect = () => {
      throw unavailable('away');
    };
    await bench.clock.advance(7900);
    expect(kinds(events)).to.deep.equal(['alive', 'jeopardy']);
    await bench.clock.advance(200);
    expect(await done).to.equal('ended');
    expect(events.at(-1)).to.deep.equal({ kind: 'lost', end: { cause: 'UNREACHABLE' } });
  });

  it('does not take a short TTL for overdue since the store rounds down what is left', async () => {
    faulty.roundsDown = true;
    const lease = await session(bench.daemon, 2000);
    const { events } = await watch(lease);
    for (let i = 0; i < 20; i++) {
      await bench.clock.advance(660);
      await bench.daemon.leases.keepAlive(lease);
    }
    expect(kinds(events)).to.deep.equal(['alive']);
    gone.abort();
  });

  it('refuses a lease that has ended', async () => {
    const fault = await faultOf(bench.daemon.leases.watch(UNKNOWN_LEASE, caller()));
    expect(fault).to.have.property('code', 'NOT_FOUND');
  });

  it('counts among the watches of the daemon, until the caller goes away', async () => {
    bench.daemon = startDaemon(bench.store, bench.clock, { watches: 1 });
    const lease = await session(bench.daemon);
    const { done } = await watch(lease);
    const fault = await faultOf(bench.daemon.leases.watch(lease, caller()));
    expect(fault).to.have.property('code', 'RESOURCE_EXHAUSTED');
    gone.abort();
    await done;
    await bench.daemon.leases.watch(lease, caller());
  });
});
