import { expect } from 'chai';
import { keyLayout } from '../../../src/core/keys.js';
import type { LeaseId } from '../../../src/core/lease-id.js';
import { grantOf, serviceBench, session, startDaemon } from '../../support/services.js';
import { until } from '../../support/until.js';

describe('A lease that a daemon had marked as ending when it died', () => {
  const bench = serviceBench();
  const layout = keyLayout('/shared-lock/');

  const mark = (lease: LeaseId): Promise<unknown> =>
    bench.store.transact({
      resource: layout.lease(lease),
      compare: [],
      then: [{ kind: 'put', key: layout.ending(lease), value: 'RELEASED', lease }],
      else: [],
    });

  it('is ended by the next one that starts, and no other lease is', async () => {
    const kept = await session(bench.daemon, 3_600_000);
    const { leaseId: held } = grantOf(await bench.acquire('held'));
    const marked: LeaseId[] = [];
    for (let n = 0; n < 600; n++) marked.push(await session(bench.daemon, 3_600_000));
    for (const lease of marked) await mark(lease);
    startDaemon(bench.store, bench.clock);
    await until('all that were marked have ended', async () => {
      const states = await Promise.all(marked.map((lease) => bench.store.inspectLease(lease)));
      return states.every((state) => state === undefined);
    });
    for (const lease of [kept, held]) {
      expect(await bench.store.inspectLease(lease)).to.have.property('ttlSeconds');
    }
  });
});
