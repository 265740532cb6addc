import { expect } from 'chai';
import { keyLayout } from '../../../src/core/keys.js';
import { parseLeaseId } from '../../../src/core/lease-id.js';
import { digestsOf } from '../../../src/service/request-digest.js';
import type { Form } from '../../../src/service/request-forms.js';
import { exactly } from '../../../src/store/store.js';
import { faultOf } from '../../support/services.js';
import { grpcClient, type Json, type Method, type WireClient } from '../../support/wire-client.js';
import { startServers, type TestServers } from '../../support/wire-servers.js';

const LEASE = '4611686018427387905';
const FENCE = { lock: 'fence', token: '1000' };
const LABELS = { zone: 'b', app: 'a' };
const OF_A_LOCK = { owner: 'me', value: 'v', labels: LABELS, ttl: '30s' };
const DOCUMENT = { namespace: 'ns', document: '{"a":1}' };

type Step = readonly [method: Method, request: Json, digest: string];

/**
 * One request of each kind, with little and with everything, in this order on a new store; and what 0.1.0 recorded of it
 * (`digest`). A daemon of 0.1.0 may be asked for what this one was asked for, and the other way round: these never change.
 */
const STEPS: readonly Step[] = [
  ['Acquire', { name: 'a' }, '750810e392b750ea1e8919c804b0b8965b73a024af4fb21b9b24752e76518b2d'],
  [
    'Acquire',
    { name: 'b', ...OF_A_LOCK, wait: '5s' },
    '1c4287a20d74bb5da99ee4496964896e6eb5b9a7d4426de084c39e8e3814780d',
  ],
  [
    'Acquire',
    { name: 'c', mode: 'SHARED', leaseId: LEASE },
    'df43186705c0c40438eed0d88f569110c3ec992731ffb60771616749c9502ff5',
  ],
  [
    'Acquire',
    { name: 'd', mode: 'SEMAPHORE', permits: 2, limit: 3, wait: '5s' },
    'aabc3dcfadf03eb7f73faca3c447aea872d767bce4e94b329738e73b3a6e9522',
  ],
  [
    'Acquire',
    { name: 'e', leaseId: LEASE },
    '540a0da088bfc6efa18d988d4d97209536ef6deb97ef3c9785956e3e41a87664',
  ],
  [
    'Release',
    { name: 'e', leaseId: LEASE },
    '6c80ae490b6fc921c34844bf1d2c2e603c153c06564d2bccced5cf72cdc69cc5',
  ],
  [
    'ForceRelease',
    { name: 'b', reason: 'stuck' },
    'cc32ac14ba496eeca2cfc4154a1ef31cf17047bffc660fcba52d298edda7e7c3',
  ],
  ['CreateLease', {}, 'c73538acbc19bbf64237cf16cd2aaebac4242608c1b2dfc3382ad8d686deae28'],
  [
    'CreateLease',
    { owner: 'me', labels: LABELS, ttl: '2.5s' },
    '4853a6123f61b7446efba4671b485094823853bbe758d2125389ada705438112',
  ],
  ['CreateLease', { key: 'f' }, 'b00249cbd52b83e31d866bf91c1c7e2bf2b07dbc68b9e3a19f6b6b847e2e68c7'],
  [
    'CreateLease',
    { key: 'g', ...OF_A_LOCK },
    '2feb7588f177ab1728ab4b27ef26f6d26cac253d57ac72783ec6bf20386f56e4',
  ],
  [
    'Campaign',
    { name: 'a', candidate: 'one', leaseId: LEASE, value: 'v', labels: LABELS },
    '1e57eb8f46cc721b0ca05da83563d7aa33e323ca355dd61774db17223008b586',
  ],
  [
    'Proclaim',
    { name: 'a', leaseId: LEASE, value: 'w' },
    'd5b73a4dacad4d44d065c036459fdf5065fe52095361a3efa6b360dde268eaf1',
  ],
  [
    'Resign',
    { name: 'a', leaseId: LEASE },
    '82dd45255cd5d46b53564152a96e9aed4429f8cc1ba56cd297274ab4fb76f25f',
  ],
  [
    'Campaign',
    { name: 'b', candidate: 'one', ttl: '30s', wait: '5s' },
    '02a32ed90a215d17489d1badd72d7a7b6b71414ecae98007ccdaf649ddc4d1d1',
  ],
  [
    'Unseat',
    { name: 'b', reason: 'stuck' },
    '312b8b99dc2153a5934bcebb088a4524b124d30b4acccd78d6a7b8a1009be8b2',
  ],
  [
    'Add',
    { name: 'a', delta: '1' },
    'd2c7040f7310cf8cf55d7d10fbfaff398c2efa69921d3ba75af1c206a1e2f207',
  ],
  [
    'Add',
    { name: 'a', delta: '-2', min: '-5', max: '9007199254740993', fence: FENCE },
    '5a38175f18d43f6f04e5b272e87d0b3b247c0cb958cc715ff11b16f5627a7e73',
  ],
  [
    'SetCounter',
    { name: 'a', value: '7' },
    'c544651955ec42ff78eeafa50632f33086ce24bbe6da8b06755a9466a2cd7b01',
  ],
  [
    'SetCounter',
    { name: 'a', value: '8', expected: '7', fence: FENCE },
    '56b5a8b671d3d0c4a7c79acefa6d7c6d14d3fbfc6d1355616572464432a43cb8',
  ],
  [
    'DeleteCounter',
    { name: 'a' },
    'd491bd4a872dbb9243f65678a524783501d41dad22dab99e2325723f86d464f4',
  ],
  [
    'DeleteCounter',
    { name: 'a', expected: '0', fence: FENCE },
    '9d85a3f6ce1f3f9aa2745aa9f86da6228e013bd40363db3dfacf72a6836875c1',
  ],
  [
    'IncreaseExclusive',
    { name: 'n' },
    '3e38ddf9165430f20776278babc6c8fba09e72ca40f8eb838db04fbc41d32a42',
  ],
  [
    'IncreaseExclusive',
    { name: 'b', hold: '0.001s', lock: 'l', ttl: '9s', owner: 'me' },
    '92d7de4f53c8099b17c87f94d39c6adbcdc5ec8b1f1653a53e1cf0a1adc832d2',
  ],
  [
    'CreateConfig',
    { ...DOCUMENT, name: 'a' },
    '288530820f8233a30b0c5ad9d5de68325cc952f1bec81b39d9b838d536560755',
  ],
  [
    'CreateConfig',
    { ...DOCUMENT, name: 'b', schema: '{"type":"object"}', fence: FENCE },
    'da3cc8eeb69ee04d14c5af1d9f3627811ad3bce50294994f534fd890edf00dd9',
  ],
  [
    'PutConfig',
    { ...DOCUMENT, name: 'a' },
    '8b83d3022ae843792c86c109df86b0430d218c5f8e6585126111bdd58f8e159c',
  ],
  [
    'PutConfig',
    { ...DOCUMENT, name: 'b', schema: '', ifMatch: '*', fence: FENCE },
    'ae75984352d3be9e31fe5874c16489fb2edfa903af629ae775dced7526a22284',
  ],
  [
    'PutConfig',
    { ...DOCUMENT, name: 'c', ifNoneMatch: '*' },
    '4e65c50e9e0536d014cc5bf50d4e8bf1a04af5c3685ee0b584bf500974849b72',
  ],
  [
    'PatchConfig',
    { namespace: 'ns', name: 'a', type: 'MERGE_PATCH', patch: '{"b":2}' },
    'c92b5f1eca6960eba694ad7680f466c0ad281f63b0756f98e5d9ca80f7a21616',
  ],
  [
    'SetConfigEnabled',
    { namespace: 'ns', name: 'a', enabled: true },
    '0d4c80ce551459cdc0d683fff2105d615d9805e217ee962b7e18bc724d0c65da',
  ],
  [
    'RollbackConfig',
    { namespace: 'ns', name: 'a', version: 0 },
    '8b9ba14627bc32ba3980c13774fe8a7e885b7e36479426df694b86e21194b885',
  ],
  [
    'DeleteConfig',
    { namespace: 'ns', name: 'a', force: true },
    'f9ad1e2d4d7b9a40fe5d7af5fbad38bee98ed4018500b33ee17a5e3005015993',
  ],
  [
    'PutMessage',
    { message: 'hello' },
    '2a2a1abca563cb4062f026df545ea583c8256f0088af780b93842ceaa5a71252',
  ],
];

/** The first revision that the lock of the fence is granted at: its token. */
const FENCED_AT = Number(FENCE.token);

function keyOf(requestId: string): string {
  return keyLayout('/shared-lock/').operation(requestId);
}

describe('The digest of a request', () => {
  let servers: TestServers;
  let client: WireClient;

  before(async () => {
    servers = await startServers();
    client = grpcClient(`127.0.0.1:${servers.grpcPort}`);
    const { store } = servers;
    const put = { kind: 'put', key: 'filler', value: '' } as const;
    const filler = { resource: 'filler', compare: [], then: [put], else: [] };
    let { revision } = await store.transact(filler);
    while (revision < FENCED_AT - 1) ({ revision } = await store.transact(filler));
    await store.grant(parseLeaseId(LEASE), 3600);
    await client.call('Acquire', { name: FENCE.lock, leaseId: LEASE });
  });

  after(async () => {
    client.close();
    await servers.stop();
  });

  const recordOf = async (requestId: string): Promise<Json> => {
    const [entry] = (await servers.store.read({ range: exactly(keyOf(requestId)) })).entries;
    return JSON.parse(entry?.value ?? '{}') as Json;
  };

  for (const [index, [method, request, digest]] of STEPS.entries()) {
    it(`of ${method} ${JSON.stringify(request)} is that of 0.1.0`, async () => {
      const requestId = `request-${index}`;
      await client.call(method, { ...request, requestId });
      const record = await recordOf(requestId);
      expect(record.digest).to.equal(digest);
    });
  }

  context('of an Acquire', () => {
    const acquire = (requestId: string, wait: string): Promise<Json> =>
      client.call('Acquire', { name: requestId, owner: 'me', wait, requestId });

    it('has a form without the wait too, which a repetition may have less of', async () => {
      const first = await acquire('waiting', '5s');
      expect(await acquire('waiting', '3s')).to.deep.equal(first);
      expect((await recordOf('waiting')).same).to.equal(
        'f139f092c9ca20670477d9b266a4cc246fdcca39f525aeb674858b4a47fc391b',
      );
    });

    it('is known in a record of 0.1.0, with the same wait', async () => {
      const first = await acquire('older', '5s');
      const { digest, outcome } = await recordOf('older');
      const value = JSON.stringify({ digest, outcome });
      await servers.store.transact({
        resource: 'older',
        compare: [],
        then: [{ kind: 'put', key: keyOf('older'), value }],
        else: [],
      });
      const fault = await faultOf(acquire('older', '3s'));
      expect(fault).to.have.property('code', 'ALREADY_EXISTS');
      expect(await acquire('older', '5s')).to.deep.equal(first);
    });
  });

  it('leaves out a field that was added later if it has its default', () => {
    interface Earlier {
      readonly name: string;
    }
    interface Later extends Earlier {
      readonly priority: number;
    }
    const earlier: Form<Earlier> = { kind: 'x', fields: { name: 'counts' } };
    const later: Form<Later> = {
      kind: 'x',
      fields: { name: 'counts', priority: { unless: 0 } },
    };
    const before = digestsOf(earlier, { name: 'a' });
    expect(digestsOf(later, { name: 'a', priority: 0 })).to.deep.equal(before);
    expect(digestsOf(later, { priority: 0, name: 'a' })).to.deep.equal(before);
    expect(digestsOf(later, { name: 'a', priority: 1 }).digest).not.to.equal(before.digest);
  });
});
