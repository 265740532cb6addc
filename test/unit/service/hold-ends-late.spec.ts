import { expect } from 'chai';
import type { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { keyLayout } from '../../../src/core/keys.js';
import { HoldEnds } from '../../../src/service/lock/inspect/hold-ends.js';
import type { Revision, Store } from '../../../src/store/store.js';
import { put } from '../../contract/subject.js';
import { grantOf, serviceBench } from '../../support/services.js';

describe('HoldEnds, of a hold that has been gone for a while', () => {
  const bench = serviceBench();
  let watchedFrom: (Revision | 'now')[];
  let clock: VirtualClock;
  let holdEnds: HoldEnds;

  beforeEach(() => {
    watchedFrom = [];
    ({ clock } = bench);
    const { store } = bench;
    const layout = keyLayout('/shared-lock/');
    const recorded: Pick<Store, 'transact' | 'inspectLease' | 'watch'> = {
      transact: (transaction) => store.transact(transaction),
      inspectLease: (lease) => store.inspectLease(lease),
      watch: (range, from, listener) => {
        watchedFrom.push(from);
        return store.watch(range, from, listener);
      },
    };
    holdEnds = new HoldEnds({ store: recorded as Store, clock, layout, keys: layout.lock });
  });

  const passRevisions = async (count: number): Promise<void> => {
    const write = { resource: 'x', compare: [], then: [put('x')], else: [] };
    for (let passed = 0; passed < count; passed += 1) await bench.store.transact(write);
  };

  /** How a hold ended, of which so many revisions were written `before` its lease expired, and `after`. */
  const endOf = async (before: number, after: number): Promise<unknown> => {
    const { leaseId, fencingToken } = grantOf(await bench.acquire('a'));
    await passRevisions(before);
    await clock.advance(11_000);
    await passRevisions(after);
    const finding = holdEnds.findLate('a', leaseId, fencingToken);
    await clock.advance(2100);
    return (await finding).end.cause;
  };

  it('finds the end of one that was granted long ago, and reads no more than 10,000 revisions for it', async () => {
    expect(await endOf(10_000, 100)).to.equal('EXPIRED');
    const { revision } = await bench.store.read({ range: { from: 'x' } });
    expect(watchedFrom[0]).to.equal(revision - 10_000);
  });

  it('does not look further back for the end', async () => {
    expect(await endOf(0, 10_100)).to.equal('UNKNOWN');
    const { revision } = await bench.store.read({ range: { from: 'x' } });
    expect(watchedFrom[0]).to.equal(revision - 10_000);
  });
});
