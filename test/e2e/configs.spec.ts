import { expect } from 'chai';
import type { Json, Method, WireClient } from '../support/wire-client.js';
import { daemonOf, grantIn, WIRES, WORLDS } from './worlds.js';

const AT = { namespace: 'ns' };

for (const [engine, open] of WORLDS) {
  describe(`configuration documents of the built daemon on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);

    for (const [wire, connect] of WIRES) {
      context(`over ${wire}`, () => {
        let client: WireClient;

        before(() => {
          client = connect(on.daemon);
        });

        after(() => {
          client.close();
        });

        const named = (name: string): Json => ({ ...AT, name: `${wire}/${name}` });
        const refusal = (method: Method, request: Json): Promise<unknown> =>
          client.call(method, request).then(
            () => 'done',
            (error: unknown) => (error as { code: string }).code,
          );

        it('a document lives through all that can be done with it', async () => {
          const at = named('life');
          const created = await client.call('CreateConfig', { ...at, document: '{"a": 1.0}' });
          expect(created).to.include({ version: 0, enabled: true, document: '{"a": 1.0}' });
          const { etag } = created;
          const put = await client.call('PutConfig', { ...at, document: '{"a":2}', ifMatch: etag });
          expect(put).to.include({ version: 1 });
          expect(await refusal('PutConfig', { ...at, document: '3', ifMatch: etag })).to.equal(
            'FAILED_PRECONDITION',
          );
          const patch = { ...at, type: 'MERGE_PATCH', patch: '{"b":9007199254740993}' };
          const patched = await client.call('PatchConfig', patch);
          expect(patched).to.include({ document: '{"a":2,"b":9007199254740993}' });
          const rolled = await client.call('RollbackConfig', { ...at, version: 0 });
          expect(rolled).to.include({ version: 3, document: '{"a": 1.0}' });
          const { versions } = await client.call('ListConfigVersions', at);
          expect((versions as Json[]).map(({ version }) => version)).to.deep.equal([3, 2, 1, 0]);
          expect(await client.call('GetConfig', { ...at, version: 1 })).to.include({
            document: '{"a":2}',
            version: 3,
            documentVersion: 1,
          });
          expect(await refusal('DeleteConfig', at)).to.equal('FAILED_PRECONDITION');
          await client.call('SetConfigEnabled', { ...at, enabled: false });
          await client.call('DeleteConfig', at);
          expect(await refusal('GetConfig', at)).to.equal('NOT_FOUND');
        });

        it('a schema is checked, and left alone, replaced or removed', async () => {
          const at = named('schema');
          const schema = '{"type":"integer"}';
          await client.call('CreateConfig', { ...at, document: '1', schema });
          expect(await refusal('PutConfig', { ...at, document: '"x"' })).to.equal(
            'INVALID_ARGUMENT',
          );
          expect(await client.call('PutConfig', { ...at, document: '2' })).to.include({ schema });
          await client.call('PutConfig', { ...at, document: '"x"', schema: '' });
        });

        it('a stale fence is refused', async () => {
          const at = named('fenced');
          const lock = `${wire}/fence`;
          const { leaseId, fencingToken } = grantIn(await client.call('Acquire', { name: lock }));
          const fence = { lock, token: fencingToken };
          await client.call('PutConfig', { ...at, document: '1', fence });
          await client.call('Release', { name: lock, leaseId });
          await client.call('Acquire', { name: lock });
          for (const [method, rest] of [
            ['PutConfig', { document: '2' }],
            ['PatchConfig', { patch: '2' }],
            ['DeleteConfig', { force: true }],
          ] as const) {
            expect(await refusal(method, { ...at, ...rest, fence })).to.equal(
              'FAILED_PRECONDITION',
            );
          }
          expect(await client.call('GetConfig', at)).to.include({ document: '1' });
        });

        it('a request id gives the first outcome again', async () => {
          const request = { ...named('once'), document: '1', requestId: `${wire}-once` };
          const first = await client.call('CreateConfig', request);
          expect(await client.call('CreateConfig', request)).to.deep.equal(first);
        });

        it('lists pages, with the number of all', async () => {
          const namespace = `list-${wire}`;
          for (const name of ['a', 'a/b', 'c']) {
            await client.call('PutConfig', { namespace, name, document: '1' });
          }
          const first = await client.call('ListConfigs', { namespace, pageSize: 2 });
          expect(first).to.include({ total: 3 });
          const second = await client.call('ListConfigs', {
            namespace,
            pageToken: first.nextPageToken,
          });
          const names = [first, second].flatMap(({ configs }) =>
            (configs as Json[]).map(({ name }) => name),
          );
          expect(names).to.deep.equal(['a', 'a/b', 'c']);
        });

        it('tells of changes, from now or from a revision on', async () => {
          const namespace = `watch-${wire}`;
          const put = (name: string, document: string): Promise<Json> =>
            client.call('PutConfig', { namespace, name, document });
          const { revision } = await put('a/x', '1');
          await put('a/x', '2');
          await put('ab', '3');
          const told: unknown[] = [];
          for await (const event of client.stream('WatchConfigs', { namespace, prefix: 'a/' })) {
            told.push(event.kind === 'PUT' ? (event.config as Json).document : event.kind);
            if (event.kind === 'SYNCED') {
              await put('ab', '4');
              await put('a/x', '5');
            }
            if (told.length === 3) break;
          }
          expect(told).to.deep.equal(['2', 'SYNCED', '5']);
          const fromRevision = revision;
          for await (const event of client.stream('WatchConfigs', { namespace, fromRevision })) {
            expect(event).to.have.nested.property('config.document', '2');
            break;
          }
        });
      });
    }
  });
}
