import { expect } from 'chai';
import type { WireClient } from '../support/wire-client.js';
import { daemonOf, grantIn, eventually, WIRES, WORLDS } from './worlds.js';

for (const [engine, open] of WORLDS) {
  describe(`A daemon on ${engine} that is killed`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);

    for (const [wire, connect] of WIRES) {
      context(`with a lock held over ${wire}`, () => {
        it('still has it, with its token, when it is back; the next token is higher', async () => {
          const name = `survivor ${wire}`;
          let client: WireClient = connect(on.daemon);
          const held = grantIn(await client.call('Acquire', { name, ttl: '20s', owner: 'me' }));
          await on.daemon.kill();
          await on.daemon.startAgain();
          client.close();
          client = connect(on.daemon);
          const lock = await client.call('GetLock', { name });
          expect(lock).to.have.nested.property('holders[0].fencingToken', held.fencingToken);
          expect(lock).to.have.nested.property('holders[0].owner', 'me');
          expect(await client.call('Acquire', { name })).to.have.property('acquired', false);
          expect(await client.call('KeepAlive', { leaseId: held.leaseId })).to.have.property(
            'ttl',
            '20s',
          );
          await client.call('Release', { name, leaseId: held.leaseId });
          const next = grantIn(await client.call('Acquire', { name }));
          expect(BigInt(next.fencingToken) > BigInt(held.fencingToken)).to.equal(true);
          client.close();
        });
      });
    }

    it('frees a lock that nobody renews at its TTL, never early', async () => {
      const client = WIRES[1][1](on.daemon);
      const startedMs = performance.now();
      grantIn(await client.call('Acquire', { name: 'left', ttl: '3s' }));
      await on.daemon.kill();
      await on.daemon.startAgain();
      grantIn(await client.call('Acquire', { name: 'left', wait: '30s' }));
      expect(performance.now() - startedMs).to.be.within(3000, 20_000);
    });

    it('remembers a request id', async () => {
      const client = WIRES[1][1](on.daemon);
      const request = { name: 'remembered', ttl: '20s', requestId: 'r-restart' };
      const first = await client.call('Acquire', request);
      await on.daemon.kill();
      await on.daemon.startAgain();
      expect(await client.call('Acquire', request)).to.deep.equal(first);
    });

    it('ends with code 0 on SIGTERM, and tells waiters before', async () => {
      const client = WIRES[0][1](on.daemon);
      const held = grantIn(await client.call('Acquire', { name: 'drained', ttl: '20s' }));
      const waiter = client
        .call('Acquire', { name: 'drained', wait: '50s' })
        .catch((error: unknown) => error);
      await eventually('it queues', async () => {
        return (await client.call('GetLock', { name: 'drained' })).waiterCount === 1;
      });
      expect(await on.daemon.stop()).to.equal(0);
      expect(await waiter).to.have.property('code', 'UNAVAILABLE');
      client.close();
      await on.daemon.startAgain();
      const again = WIRES[0][1](on.daemon);
      const lock = await again.call('GetLock', { name: 'drained' });
      expect(lock).to.include({ held: true, waiterCount: 0 });
      await again.call('Release', { name: 'drained', leaseId: held.leaseId });
      again.close();
    });
  });
}
