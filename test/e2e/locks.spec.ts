import { expect } from 'chai';
import { HolderProcess } from '../support/holder-process.js';
import type { Json, Method, WireClient } from '../support/wire-client.js';
import { daemonOf, eventually, grantIn, pause, refusalOf, WIRES, WORLDS } from './worlds.js';

let nextName = 0;
const unusedName = (): string => `e2e/lock ${nextName++}`;

for (const [engine, open] of WORLDS) {
  describe(`The built daemon on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);

    for (const [wire, connect] of WIRES) {
      context(`over ${wire}`, () => {
        let client: WireClient;
        let name: string;

        beforeEach(() => {
          client = connect(on.daemon);
          name = unusedName();
        });

        afterEach(() => {
          client.close();
        });

        const refused = (method: Method, request: Json): Promise<string> =>
          refusalOf(client, method, request);

        it('gives a lock to one of two clients, and to the other after the release', async () => {
          const first = grantIn(await client.call('Acquire', { name, owner: 'one', ttl: '30s' }));
          const second = await client.call('Acquire', { name, owner: 'two' });
          expect(second).to.have.property('acquired', false);
          expect(second).to.have.nested.property('holders[0].owner', 'one');
          expect(JSON.stringify(second)).not.to.contain(first.leaseId);
          const release = { name, leaseId: first.leaseId, fencingToken: first.fencingToken };
          expect(await client.call('Release', release)).to.have.property('released', true);
          const third = grantIn(await client.call('Acquire', { name, owner: 'two' }));
          expect(BigInt(third.fencingToken) > BigInt(first.fencingToken)).to.equal(true);
        });

        it('withdraws a request that was given up: what it got, or would have got later', async () => {
          const session = grantIn(await client.call('CreateLease', { ttl: '30s' }));
          const { leaseId } = session;
          const asked = { name, leaseId, requestId: `${name} early` };
          const late = { name, leaseId, requestId: `${name} late` };
          await client.call('Acquire', asked);
          const withdraw = ({ requestId }: { readonly requestId: string }) =>
            client.call('Release', { name, leaseId, grantRequestId: requestId });
          expect(await withdraw(asked)).to.have.property('released', true);
          expect(await withdraw(late)).to.have.property('released', false);
          expect(await refused('Acquire', late)).to.equal('CANCELLED');
          expect(await client.call('GetLock', { name })).to.have.property('held', false);
        });

        it('serves 50 waiters in the order in which they came', async () => {
          const holder = grantIn(await client.call('Acquire', { name, ttl: '60s' }));
          const order: number[] = [];
          const tokens: bigint[] = [];
          const waiters: Promise<void>[] = [];
          for (let i = 0; i < 50; i++) {
            waiters.push(
              client.call('Acquire', { name, wait: '50s', ttl: '30s' }).then(async (answer) => {
                const grant = grantIn(answer);
                order.push(i);
                tokens.push(BigInt(grant.fencingToken));
                await client.call('Release', { name, leaseId: grant.leaseId });
              }),
            );
            await eventually('it queues', async () => {
              const { waiterCount } = await client.call('GetLock', { name });
              return waiterCount === i + 1;
            });
          }
          await client.call('Release', { name, leaseId: holder.leaseId });
          await Promise.all(waiters);
          expect(order).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
          expect(tokens).to.deep.equal([...tokens].sort((a, b) => (a < b ? -1 : 1)));
          expect(await client.call('GetLock', { name })).to.include({
            held: false,
            waiterCount: 0,
          });
        });

        it('frees the lock of a client that renews no more at its TTL, and not before', async () => {
          const startedMs = performance.now();
          grantIn(await client.call('Acquire', { name, ttl: '2s' }));
          grantIn(await client.call('Acquire', { name, wait: '30s' }));
          const waitedMs = performance.now() - startedMs;
          expect(waitedMs).to.be.within(2000, 12_000);
        });

        it('keeps a lock for as long as its lease is renewed', async () => {
          const { leaseId } = grantIn(await client.call('Acquire', { name, ttl: '3s' }));
          for (let i = 0; i < 8; i++) {
            await pause(500);
            expect(await client.call('KeepAlive', { leaseId })).to.have.property('ttl', '3s');
            expect(await client.call('Acquire', { name })).to.have.property('acquired', false);
          }
        });

        it('lets a caller that hangs up out of the queue', async () => {
          const holder = grantIn(await client.call('Acquire', { name, ttl: '60s' }));
          const gone = new AbortController();
          const leaver = client
            .call('Acquire', { name, wait: '50s' }, gone.signal)
            .catch(() => 'gone');
          const waiting = async (): Promise<unknown> =>
            (await client.call('GetLock', { name })).waiterCount;
          await eventually('it queues', async () => (await waiting()) === 1);
          gone.abort();
          expect(await leaver).to.equal('gone');
          await eventually('it leaves', async () => (await waiting()) === 0);
          await client.call('Release', { name, leaseId: holder.leaseId });
          expect(await client.call('GetLock', { name })).to.have.property('held', false);
        });

        it('answers with the holders when the wait is over', async () => {
          grantIn(await client.call('Acquire', { name, ttl: '60s', owner: 'holder' }));
          const answer = await client.call('Acquire', { name, wait: '0.3s' });
          expect(answer).to.have.property('acquired', false);
          expect(answer).to.have.nested.property('holders[0].owner', 'holder');
        });

        it('gives one session many locks, and ends them all with it', async () => {
          const { leaseId } = grantIn(
            await client.call('CreateLease', { ttl: '30s', owner: 'me' }),
          );
          for (const part of ['a', 'b']) {
            grantIn(await client.call('Acquire', { name: name + part, leaseId }));
          }
          const lease = await client.call('GetLease', { leaseId });
          expect(lease.holds).to.have.length(2);
          expect(await client.call('RevokeLease', { leaseId })).to.have.property('revoked', true);
          for (const part of ['a', 'b']) {
            expect(await client.call('GetLock', { name: name + part })).to.have.property(
              'held',
              false,
            );
          }
          expect(await refused('KeepAlive', { leaseId })).to.equal('NOT_FOUND');
        });

        it('refuses a release by another lease or with a stale token', async () => {
          const { leaseId } = grantIn(await client.call('CreateLease', { ttl: '30s' }));
          const first = grantIn(await client.call('Acquire', { name, leaseId }));
          const stranger = grantIn(await client.call('CreateLease', { ttl: '30s' }));
          expect(await refused('Release', { name, leaseId: stranger.leaseId })).to.equal(
            'FAILED_PRECONDITION',
          );
          await client.call('Release', { name, leaseId });
          grantIn(await client.call('Acquire', { name, leaseId }));
          expect(
            await refused('Release', { name, leaseId, fencingToken: first.fencingToken }),
          ).to.equal('FAILED_PRECONDITION');
          expect(await client.call('GetLock', { name })).to.have.property('held', true);
        });

        it('shares a lock, and counts the permits of a semaphore', async () => {
          for (let i = 0; i < 3; i++) {
            grantIn(await client.call('Acquire', { name, mode: 'SHARED', ttl: '30s' }));
            grantIn(await client.call('Acquire', { name: `${name} s`, limit: 3, ttl: '30s' }));
          }
          expect(await client.call('Acquire', { name })).to.have.property('acquired', false);
          expect(await client.call('Acquire', { name: `${name} s`, limit: 3 })).to.have.property(
            'acquired',
            false,
          );
          const lock = await client.call('GetLock', { name: `${name} s` });
          expect(lock).to.include({ holderCount: 3 });
          expect(lock).to.have.nested.property('holders[0].mode', 'SEMAPHORE');
        });

        it('tells whether a token is current', async () => {
          const { leaseId, fencingToken } = grantIn(await client.call('Acquire', { name }));
          expect(await client.call('CheckToken', { name, fencingToken })).to.include({
            current: true,
            currentToken: fencingToken,
          });
          await client.call('Release', { name, leaseId });
          expect(await client.call('CheckToken', { name, fencingToken })).to.include({
            current: false,
            currentToken: '0',
          });
        });

        it('takes a lock away by force, and tells the victim why', async () => {
          const { leaseId } = grantIn(await client.call('CreateLease', { ttl: '30s' }));
          const { fencingToken } = grantIn(await client.call('Acquire', { name, leaseId }));
          const forced = await client.call('ForceRelease', { name, reason: 'it hangs' });
          expect(forced).to.have.property('released', true);
          expect(await refused('Release', { name, leaseId, fencingToken })).to.equal(
            'FAILED_PRECONDITION',
          );
        });

        it('gives the first outcome to a repeated request id', async () => {
          const request = { name, ttl: '30s', requestId: `${wire}-${name}` };
          const first = await client.call('Acquire', request);
          expect(await client.call('Acquire', request)).to.deep.equal(first);
          expect(await refused('Acquire', { ...request, owner: 'other' })).to.equal(
            'ALREADY_EXISTS',
          );
        });

        it('lists locks by prefix and label, and never a lease ID', async () => {
          const ids: string[] = [];
          for (const part of ['x', 'y', 'z']) {
            const request = { name: `${name}/${part}`, ttl: '30s', labels: { part } };
            ids.push(grantIn(await client.call('Acquire', request)).leaseId);
          }
          const listed = await client.call('ListLocks', { prefix: `${name}/` });
          expect((listed.locks as Json[]).map((lock) => lock.name)).to.deep.equal([
            `${name}/x`,
            `${name}/y`,
            `${name}/z`,
          ]);
          const labelled = await client.call('ListLocks', { prefix: name, labels: ['part=y'] });
          expect(labelled.locks).to.have.length(1);
          const leases = await client.call('ListLeases', { pageSize: 1000 });
          const seen = JSON.stringify([listed, labelled, leases]);
          for (const id of ids) expect(seen).not.to.contain(id);
        });
      });
    }

    it('frees the lock of a client that is killed, at its TTL and not before', async () => {
      const name = unusedName();
      const client = WIRES[0][1](on.daemon);
      const holder = await HolderProcess.start(on.daemon.url, name, 3);
      await pause(4000);
      expect(await client.call('Acquire', { name })).to.have.property('acquired', false);
      await holder.kill();
      const waiter = client.call('Acquire', { name, wait: '30s' });
      grantIn(await waiter);
      expect(holder.msSinceRenewal).to.be.within(3000, 13_000);
      client.close();
    });

    it('never logs a lease ID', async () => {
      const [, connect] = WIRES[1];
      const client = connect(on.daemon);
      const name = unusedName();
      const { leaseId } = grantIn(await client.call('Acquire', { name }));
      await client.call('KeepAlive', { leaseId });
      await client.call('GetLease', { leaseId });
      await client.call('Release', { name, leaseId });
      await client.call('RevokeLease', { leaseId });
      await pause(200);
      expect(on.daemon.output).to.contain('request');
      expect(on.daemon.output).not.to.contain(leaseId);
    });
  });
}
