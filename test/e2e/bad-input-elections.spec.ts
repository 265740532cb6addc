import { expect } from 'chai';
import type { Json, Method, WireClient } from '../support/wire-client.js';
import { daemonOf, embeddedWorld, WIRES } from './worlds.js';

const LEASE = '4660046610375530309';

/** Each is refused with INVALID_ARGUMENT that names the field. */
const REFUSED: readonly (readonly [string, Method, Json, RegExp])[] = [
  ['an empty name', 'Campaign', { name: '' }, /^name: /],
  ['a name above 1 KiB', 'Campaign', { name: 'a'.repeat(1025) }, /^name: /],
  ['a name with NUL', 'Campaign', { name: 'a\u0000b' }, /^name: /],
  ['a name with a segment ..', 'GetLeader', { name: 'a/../b', candidate: undefined }, /^name: /],
  ['a name with a control character', 'AmLeader', { name: 'a\u0085b' }, /^name: /],
  ['no candidate', 'Campaign', { candidate: '' }, /^candidate: /],
  ['a candidate above 1 KiB', 'Campaign', { candidate: 'a'.repeat(1025) }, /^candidate: /],
  ['a candidate with a newline', 'Campaign', { candidate: 'a\nb' }, /^candidate: /],
  ['a TTL of 0', 'Campaign', { ttl: '0s' }, /^ttl: /],
  ['a TTL above the maximum', 'Campaign', { ttl: '86401s' }, /^ttl: /],
  ['a wait above the bound', 'Campaign', { wait: '3601s' }, /^wait: /],
  ['a lease and a TTL', 'Campaign', { leaseId: LEASE, ttl: '10s' }, /^ttl: /],
  ['a negative lease ID', 'Campaign', { leaseId: '-5' }, /^lease_id: /],
  ['a value above 64 KiB', 'Campaign', { value: 'a'.repeat(65_537) }, /^value: /],
  ['no lease', 'Proclaim', { candidate: undefined, leaseId: '0' }, /^lease_id: /],
  ['a negative term', 'Proclaim', { candidate: undefined, leaseId: LEASE, term: '-1' }, /^term: /],
  ['no lease', 'Resign', { candidate: undefined, leaseId: '0' }, /^lease_id: /],
  ['a negative term', 'Resign', { candidate: undefined, leaseId: LEASE, term: '-1' }, /^term: /],
  ['no reason', 'Unseat', { candidate: undefined, reason: '' }, /^reason: /],
  ['neither a candidate nor a term', 'AmLeader', { candidate: '' }, /^candidate: /],
  ['a negative term', 'AmLeader', { term: '-1' }, /^term: /],
  [
    'a page too large',
    'ListElections',
    { name: undefined, candidate: undefined, pageSize: 1001 },
    /^page_size: /,
  ],
  [
    'a strange page token',
    'ListElections',
    { name: undefined, candidate: undefined, pageToken: '\u00ff' },
    /^page_token: /,
  ],
];

describe('bad requests to ElectionService', function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);

  for (const [wire, connect] of WIRES) {
    context(`over ${wire}`, () => {
      let client: WireClient;

      before(() => {
        client = connect(on.daemon);
      });

      after(() => {
        client.close();
      });

      for (const [what, method, rest, message] of REFUSED) {
        it(`refuses ${what} to ${method}`, async () => {
          const given: Json = { name: 'a', candidate: 'c', ...rest };
          const request = Object.entries(given).filter(([, value]) => value !== undefined);
          const fault: unknown = await client
            .call(method, Object.fromEntries(request))
            .catch((error: unknown) => error);
          expect(fault).to.have.property('code', 'INVALID_ARGUMENT');
          expect(fault).to.have.property('message').that.matches(message);
        });
      }

      for (const fromRevision of ['-1', '900719925474099']) {
        it(`refuses to observe from ${fromRevision}`, async () => {
          const stream = client.stream('Observe', { name: 'a', fromRevision });
          const first = stream[Symbol.asyncIterator]().next();
          const fault: unknown = await first.catch((error: unknown) => error);
          expect(fault).to.have.property('code', 'INVALID_ARGUMENT');
        });
      }

      it('answers NOT_FOUND to a campaign by a lease that has ended', async () => {
        const request = { name: 'a', candidate: 'c', leaseId: LEASE };
        const fault = await client.call('Campaign', request).catch((error: unknown) => error);
        expect(fault).to.have.property('code', 'NOT_FOUND');
        expect(String(fault)).not.to.contain(LEASE);
      });

      for (const plain of ['__proto__', 'constructor', 'a/b', 'a%2Fb', '/', 'a:observe', ' ']) {
        it(`takes ${JSON.stringify(plain)} for an ordinary name`, async () => {
          const name = `${plain}${plain === '/' ? wire : ''}`;
          const request = { name, candidate: plain, value: plain, wait: '0s' };
          const answer = await client.call('Campaign', request);
          expect(answer).to.have.property('elected', true);
          const election = await client.call('GetLeader', { name });
          expect(election).to.have.property('name', name);
          expect(election.leader).to.include({ candidate: plain, value: plain });
          const { leaseId } = answer.grant as Json;
          expect(await client.call('Resign', { name, leaseId })).to.include({ resigned: true });
        });
      }
    });
  }
});
