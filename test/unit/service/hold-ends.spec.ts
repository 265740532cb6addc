import { expect } from 'chai';
import type { LockEvent } from '../../../src/core/lock.js';
import { caller, collect, grantOf, serviceBench, session } from '../../support/services.js';

describe('LockService.watch, of the end of a hold', () => {
  const bench = serviceBench();

  /** The ends that a watcher is told while `run` makes holders come and go; `from` later: by looking back. */
  async function endsOf(run: () => Promise<void>, isLate = false): Promise<unknown[]> {
    const gone = new AbortController();
    const { revision } = await bench.store.read({ range: { from: 'x' } });
    const open = (fromRevision: number): Promise<AsyncIterable<LockEvent>> =>
      bench.daemon.locks.watch({ name: 'a', fromRevision }, caller(gone.signal));
    const early = isLate ? undefined : collect(await open(0));
    await run();
    const { events } = early ?? collect(await open(revision));
    await bench.clock.advance(5000);
    gone.abort();
    return events.flatMap((event) => (event.kind === 'RELEASED' ? [event.end] : []));
  }

  for (const isLate of [false, true]) {
    context(isLate ? 'when the watch begins afterwards' : 'when it is watched', () => {
      for (const mode of [{}, { mode: 'SHARED' as const }, { limit: 2 }]) {
        const how = JSON.stringify(mode);

        it(`says that it was released, ${how}`, async () => {
          const ends = await endsOf(async () => {
            const { leaseId } = grantOf(await bench.acquire('a', mode));
            await bench.release('a', leaseId);
          }, isLate);
          expect(ends).to.deep.equal([{ cause: 'RELEASED' }]);
        });

        it(`says that its lease expired, ${how}`, async () => {
          const ends = await endsOf(async () => {
            await bench.acquire('a', mode);
            await bench.clock.advance(11_000);
          }, isLate);
          expect(ends).to.deep.equal([{ cause: 'EXPIRED' }]);
        });

        it(`says that its lease was revoked, ${how}`, async () => {
          const ends = await endsOf(async () => {
            const { leaseId } = grantOf(await bench.acquire('a', mode));
            await bench.daemon.leases.revoke(leaseId);
          }, isLate);
          expect(ends).to.deep.equal([{ cause: 'REVOKED' }]);
        });

        it(`says that an operator took it, and why, ${how}`, async () => {
          const ends = await endsOf(async () => {
            await bench.acquire('a', mode);
            await bench.forceRelease('a', { reason: 'stuck' });
          }, isLate);
          expect(ends).to.deep.equal([{ cause: 'PREEMPTED', reason: 'stuck' }]);
        });
      }

      it('tells a release by a session from the end of the session', async () => {
        const ends = await endsOf(async () => {
          const lease = await session(bench.daemon);
          await bench.acquire('a', { lease });
          await bench.release('a', lease);
          await bench.acquire('a', { lease });
          await bench.daemon.leases.revoke(lease);
        }, isLate);
        expect(ends).to.deep.equal([{ cause: 'RELEASED' }, { cause: 'REVOKED' }]);
      });
    });
  }

  it('says that it does not know of a key without a lease', async () => {
    const put = { kind: 'put', key: '/shared-lock/a', value: '' } as const;
    const ends = await endsOf(async () => {
      await bench.store.transact({ resource: 'x', compare: [], then: [put], else: [] });
      const remove = { kind: 'delete', range: { from: put.key } } as const;
      await bench.store.transact({ resource: 'x', compare: [], then: [remove], else: [] });
    });
    expect(ends).to.deep.equal([{ cause: 'UNKNOWN' }]);
  });

  it('tells each of a crowd that expires together', async () => {
    const ends = await endsOf(async () => {
      for (let i = 0; i < 200; i++) await bench.acquire('a', { mode: 'SHARED' });
      await bench.clock.advance(11_000);
    });
    expect(ends).to.have.length(200);
    expect(new Set(ends.map((end) => JSON.stringify(end))).size).to.equal(1);
  });

  it('tells how old the hold was at its end, and no remaining time', async () => {
    const gone = new AbortController();
    const { leaseId } = grantOf(await bench.acquire('a'));
    const stream = await bench.daemon.locks.watch(
      { name: 'a', fromRevision: 0 },
      caller(gone.signal),
    );
    const { events } = collect(stream);
    await bench.clock.advance(4000);
    await bench.release('a', leaseId);
    await bench.clock.advance(1);
    gone.abort();
    expect(events[1]).to.have.nested.property('holder.ageMs', 4000);
    expect(events[1]).to.have.nested.property('holder.remainingTtlSeconds', undefined);
  });
});
