import { expect } from 'chai';
import {
  acquireRequest as request,
  caller,
  faultOf,
  grantOf,
  keysBelow,
  serviceBench,
  startDaemon,
} from '../../support/services.js';

describe('LockService.acquire, repeated', () => {
  const bench = serviceBench();

  context('when the request has an id', () => {
    it('gives the first grant again', async () => {
      const first = await bench.acquire('a', { requestId: 'r1' });
      expect(await bench.acquire('a', { requestId: 'r1' })).to.deep.equal(first);
      await bench.clock.advance(0);
      expect(await keysBelow(bench.store, '/shared-lock.v1/lease/')).to.have.length(1);
    });

    it('gives it at another daemon too', async () => {
      const first = await bench.acquire('a', { requestId: 'r1' });
      const other = startDaemon(bench.store, bench.clock);
      const again = await other.locks.acquire(request('a', { requestId: 'r1' }), caller());
      expect(again).to.deep.equal(first);
    });

    it('does not give a grant that has ended since', async () => {
      const first = grantOf(await bench.acquire('a', { requestId: 'r1' }));
      await bench.release('a', first.leaseId);
      await bench.acquire('a', { owner: 'next' });
      const fault = await faultOf(bench.acquire('a', { requestId: 'r1' }));
      expect(fault).to.have.nested.property('details.reason', 'GRANT_ENDED');
      expect((await bench.daemon.locks.get('a')).holders[0]?.owner).to.equal('next');
    });

    it('remembers that the lock was not acquired', async () => {
      const first = grantOf(await bench.acquire('a'));
      expect(await bench.acquire('a', { requestId: 'r1' })).to.have.property('acquired', false);
      await bench.store.revoke(first.leaseId);
      expect(await bench.acquire('a', { requestId: 'r1' })).to.have.property('acquired', false);
      expect(await bench.acquire('a', { requestId: 'r2' })).to.have.property('acquired', true);
    });

    it('refuses the id with another body', async () => {
      await bench.acquire('a', { requestId: 'r1' });
      const fault = await faultOf(bench.acquire('a', { requestId: 'r1', owner: 'other' }));
      expect(fault).to.have.property('code', 'ALREADY_EXISTS');
    });

    it('lets only one of two concurrent twins acquire', async () => {
      const twins = await Promise.all([
        bench.acquire('a', { requestId: 'r1' }),
        bench.acquire('a', { requestId: 'r1' }),
      ]);
      expect(twins[0]).to.deep.equal(twins[1]);
    });
  });
});
