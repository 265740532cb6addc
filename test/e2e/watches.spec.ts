import { expect } from 'chai';
import type { Json, WireClient } from '../support/wire-client.js';
import { daemonOf, etcdWorld, grantIn, WIRES, type GrantJson } from './worlds.js';

describe('WatchLock of the built daemon on etcd', function () {
  this.timeout(60_000);
  const on = daemonOf(etcdWorld);

  for (const [wire, connect] of WIRES) {
    context(`over ${wire}`, () => {
      let client: WireClient;

      beforeEach(() => {
        client = connect(on.daemon);
      });

      afterEach(() => {
        client.close();
      });

      /** What a watch tells until it has told `count` things, or fails. @param begun is called at each. */
      async function watch(
        name: string,
        fromRevision: string,
        count: number,
        begun: () => void = () => undefined,
      ): Promise<Json[]> {
        const told: Json[] = [];
        for await (const event of client.stream('WatchLock', { name, fromRevision })) {
          told.push(event);
          begun();
          if (told.length === count) break;
        }
        return told;
      }

      /** Resolves once the watch has told the state; `told` has all. */
      const watchFromNow = async (
        name: string,
        count: number,
      ): Promise<{ readonly told: Promise<Json[]> }> => {
        let told: Promise<Json[]> = Promise.resolve([]);
        await new Promise<void>((resolve, reject) => {
          told = watch(name, '0', count, resolve);
          told.catch(reject);
        });
        return { told };
      };

      const refusal = (name: string, fromRevision: string): Promise<unknown> =>
        watch(name, fromRevision, 1).catch((error: unknown) => error);

      const passOn = async (name: string): Promise<GrantJson> => {
        const grant = grantIn(await client.call('Acquire', { name, owner: 'me' }));
        await client.call('Release', { name, leaseId: grant.leaseId });
        return grant;
      };

      it('tells the state, then every change, and nothing of /ab to one of /a', async () => {
        const name = `${client.wire}/a`;
        const [begin, whole] = [await watchFromNow(name, 2), await watchFromNow(name, 3)];
        await passOn(`${client.wire}/ab`);
        const { leaseId } = grantIn(await client.call('Acquire', { name, owner: 'me' }));
        // Who has taken it is looked up when that is told, and known as long as it is held.
        expect((await begin.told)[1]).to.have.nested.property('holder.owner', 'me');
        await client.call('Release', { name, leaseId });
        const told = await whole.told;
        expect(told.map((event) => event.kind)).to.deep.equal(['STATE', 'ACQUIRED', 'RELEASED']);
      });

      it('resumes where it was, without gaps', async () => {
        const name = `${client.wire}/resumed`;
        const first = await passOn(name);
        const second = await passOn(name);
        const told = await watch(name, first.fencingToken, 2);
        expect(told.map((event) => event.kind)).to.deep.equal(['RELEASED', 'ACQUIRED']);
        expect(told[1]).to.have.nested.property('holder.fencingToken', second.fencingToken);
      });

      it('tells how each hold ended', async () => {
        const name = `${client.wire}/ends`;
        const watching = await watchFromNow(name, 9);
        await passOn(name);
        const revoked = grantIn(await client.call('Acquire', { name }));
        await client.call('RevokeLease', { leaseId: revoked.leaseId });
        await client.call('Acquire', { name });
        await client.call('ForceRelease', { name, reason: 'stuck' });
        await client.call('Acquire', { name, ttl: '1s' });
        const ends = (await watching.told).filter(({ kind }) => kind === 'RELEASED');
        expect(ends.map(({ end }) => end)).to.deep.equal([
          { cause: 'RELEASED', reason: '' },
          { cause: 'REVOKED', reason: '' },
          { cause: 'PREEMPTED', reason: 'stuck' },
          { cause: 'EXPIRED', reason: '' },
        ]);
      });

      it('refuses -1 and a revision of the future', async () => {
        for (const revision of ['-1', '900719925474099']) {
          expect(await refusal('x', revision)).to.have.property('code', 'INVALID_ARGUMENT');
        }
      });

      it('says up to where it is compacted if it is asked for older events', async () => {
        const name = `${client.wire}/compacted`;
        await passOn(name);
        const { fencingToken } = await passOn(name);
        await on.world.etcd.compact(Number(fencingToken));
        const fault = await refusal(name, '2');
        expect(fault).to.have.property('code', 'OUT_OF_RANGE');
        expect(String(fault)).to.contain(`up to ${fencingToken}`);
      });

      it('says so of documents too', async () => {
        const at = { namespace: 'compacted', name: client.wire };
        await client.call('PutConfig', { ...at, document: '1' });
        const { revision } = await client.call('PutConfig', { ...at, document: '2' });
        await on.world.etcd.compact(Number(revision));
        const request = { namespace: 'compacted', fromRevision: '2' };
        let fault: unknown;
        try {
          for await (const event of client.stream('WatchConfigs', request)) fault = event;
        } catch (error) {
          fault = error;
        }
        expect(fault).to.have.property('code', 'OUT_OF_RANGE');
        expect(String(fault)).to.contain(`up to ${String(revision)}`);
      });
    });
  }
});
