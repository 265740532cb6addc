import { expect } from 'chai';
import { randomLeaseId } from '../../../../src/clock/random.js';
import type { MessageSchema } from '../../../../src/protocol/schema.js';
import { prefixed } from '../../../../src/store/store.js';
import {
  GuardedServers,
  guardFor,
  tokenOf,
  type GrpcAnswer,
} from '../../../support/guarded-servers.js';
import { DESCRIPTORS } from '../../../support/wire-servers.js';

const POLICY = `version: 1
principals:
  - ${tokenOf('ann')}
  - ${tokenOf('bob')}
  - ${tokenOf('ops')}
rules:
  - {to: [ann, bob, anonymous], allow: ["*"], on: ["lock:shop/*", "election:shop/*", "counter:shop/*", message]}
  - {to: [anonymous], allow: [acquire], on: ["lock:*"]}
  - {to: [ann, bob, anonymous], deny: [forceRelease], on: ["*"]}
  - {to: [ops], allow: ["*"], on: ["*"]}
`;

const LEASE = 'LeaseService';
const LOCK = 'LockService';

function namesLease({ fields }: MessageSchema): boolean {
  return fields.some(
    ({ protoName, type }) =>
      protoName === 'lease_id' || (type.kind === 'message' && protoName === 'resume'),
  );
}

function grantIn({ answers, details }: GrpcAnswer): { leaseId: string; fencingToken: string } {
  const grant = answers[0]?.grant;
  expect(grant, details).to.be.an('object');
  return grant as { leaseId: string; fencingToken: string };
}

describe('a lease of another principal', () => {
  let bench: GuardedServers;
  let refusals: string[];
  beforeEach(async () => {
    refusals = [];
    bench = await GuardedServers.start(guardFor(POLICY, refusals));
  });
  afterEach(() => bench.stop());

  const acquire = async (name: string, token: string | undefined, more: object = {}) => {
    return grantIn(await bench.grpc(`${LOCK}/Acquire`, { name, ...more }, token));
  };
  const session = async (token: string | undefined): Promise<string> => {
    return grantIn(await bench.grpc(`${LEASE}/CreateLease`, {}, token)).leaseId;
  };
  const renewal = (leaseId: string, token?: string) =>
    bench.grpc(`${LEASE}/KeepAlive`, { leaseId }, token);

  /** What each method that names a lease is asked. */
  const asked: Readonly<Record<string, (leaseId: string, token: string) => object>> = {
    'LeaseService/KeepAlive': (leaseId) => ({ leaseId }),
    'LeaseService/KeepAliveStream': (leaseId) => ({ leaseId }),
    'LeaseService/RevokeLease': (leaseId) => ({ leaseId }),
    'LeaseService/GetLease': (leaseId) => ({ leaseId }),
    'LeaseService/WatchLease': (leaseId) => ({ leaseId }),
    'LockService/Acquire': (leaseId) => ({ name: 'shop/other', leaseId }),
    'LockService/Release': (leaseId, fencingToken) => ({ name: 'shop/a', leaseId, fencingToken }),
    'LockService/Hold': (leaseId, fencingToken) => ({
      name: 'shop/a',
      resume: { leaseId, fencingToken },
    }),
    'ElectionService/Campaign': (leaseId) => ({ name: 'shop/e', candidate: 'c', leaseId }),
    'ElectionService/Proclaim': (leaseId) => ({ name: 'shop/a', value: 'v', leaseId }),
    'ElectionService/Resign': (leaseId) => ({ name: 'shop/a', leaseId }),
  };

  it('is asked for by every method that names one', () => {
    const methods = DESCRIPTORS.methods.filter(({ request }) => namesLease(request));
    const paths = methods.map(({ path }) => path.replace('/sharedlock.v1.', ''));
    expect(Object.keys(asked)).to.have.members(paths);
  });

  for (const [path, request] of Object.entries(asked)) {
    it(`is to ${path} as an ID that nobody has, and its own is not`, async () => {
      const { leaseId, fencingToken } = await acquire('shop/a', 'ann');
      if (path.startsWith('Election')) {
        await bench.grpc('ElectionService/Campaign', { name: 'shop/a', candidate: 'ann' }, 'ann');
      }
      const madeUp = randomLeaseId();
      const unknown = await bench.grpc(path, request(madeUp, fencingToken), 'bob');
      const known = await bench.grpc(path, request(leaseId, fencingToken), 'bob');
      const withoutId = (text: unknown): string =>
        JSON.stringify(text).replaceAll(leaseId, 'ID').replaceAll(madeUp, 'ID');
      expect(withoutId(known)).to.equal(withoutId(unknown));
      expect(refusals.some((text) => text === 'bob named the lease of another')).to.equal(true);
      expect((await renewal(leaseId, 'ann')).code).to.equal(0);
      const own = await bench.grpc(path, request(leaseId, fencingToken), 'ann');
      if (!path.startsWith('Election')) expect(withoutId(own)).not.to.equal(withoutId(unknown));
    });
  }

  it('can not be renewed by the route of the original, which is told 204', async () => {
    const body = JSON.stringify({ key: 'shop/orig' });
    const { text: leaseId } = await bench.http('POST', '/lease', 'ann', body);
    expect((await bench.http('POST', '/keepalive', 'bob', leaseId)).status).to.equal(204);
    expect((await bench.http('POST', '/keepalive', 'ann', leaseId)).status).to.equal(200);
  });

  it('is for who may take it by force, which of a session is who may take anything', async () => {
    const { leaseId } = await acquire('shop/a', 'ann');
    expect((await renewal(leaseId, 'ops')).code).to.equal(0);
    const ofSession = await session('ann');
    expect((await renewal(ofSession, 'bob')).code).to.equal(5);
    expect((await renewal(ofSession, 'ops')).code).to.equal(0);
  });

  it('is nobody´s if an anonymous caller made it: then it is for who may acquire the same', async () => {
    const { leaseId } = await acquire('shop/a', undefined);
    expect((await renewal(leaseId, 'bob')).code).to.equal(0);
    const elsewhere = await acquire('other', undefined);
    expect((await renewal(elsewhere.leaseId, 'bob')).code).to.equal(5);
    const { leaseId: anns } = await acquire('shop/b', 'ann');
    expect((await renewal(anns)).code).to.equal(5);
  });

  context('when a request is repeated by another', () => {
    it('gives no lease away, and the outcome to its own', async () => {
      const requestId = 'r1';
      const first = await acquire('shop/a', 'ann', { requestId });
      const request = { name: 'shop/a', requestId };
      const foreign = await bench.grpc(`${LOCK}/Acquire`, request, 'bob');
      expect(foreign.code).to.equal(6);
      expect(JSON.stringify(foreign)).not.to.contain(first.leaseId);
      expect((await bench.grpc(`${LOCK}/Acquire`, request)).code).to.equal(6);
      expect(await acquire('shop/a', 'ann', { requestId })).to.deep.equal(first);
    });

    it('does so for each kind of write', async () => {
      const writes: readonly (readonly [string, object])[] = [
        [`${LEASE}/CreateLease`, {}],
        ['CounterService/Add', { name: 'shop/c', delta: '1' }],
        ['MessageService/PutMessage', { message: 'm' }],
      ];
      for (const [path, message] of writes) {
        const request = { ...message, requestId: path };
        const first = await bench.grpc(path, request, 'ann');
        expect(first.code, first.details).to.equal(0);
        const foreign = await bench.grpc(path, request, 'bob');
        expect([foreign.code, foreign.answers.length], path).to.deep.equal([6, 0]);
        expect(await bench.grpc(path, request, 'ann')).to.deep.equal(first);
      }
    });

    it('takes nothing back that is not its own', async () => {
      const grantRequestId = 'r2';
      const { leaseId } = await acquire('shop/a', 'ann', { requestId: grantRequestId });
      const release = { name: 'shop/a', leaseId, grantRequestId };
      const { code, answers } = await bench.grpc(`${LOCK}/Release`, release, 'bob');
      expect([code, answers[0]?.released]).to.deep.equal([0, false]);
      expect((await renewal(leaseId, 'ann')).code).to.equal(0);
      const own = await bench.grpc(`${LOCK}/Release`, release, 'ann');
      expect(own.answers[0]?.released).to.equal(true);
    });
  });
});

describe('the owner of a lease without a policy', () => {
  it('is not recorded, and nothing is checked', async () => {
    const bench = await GuardedServers.start(undefined);
    const taken = await bench.grpc('LockService/Acquire', { name: 'a' }, 'ann');
    const { leaseId } = grantIn(taken);
    const { entries } = await bench.servers.store.read({
      range: prefixed('/shared-lock.v1/lease/'),
    });
    expect(entries[0]?.value).not.to.contain('principal');
    expect((await bench.grpc('LeaseService/KeepAlive', { leaseId }, 'bob')).code).to.equal(0);
    await bench.stop();
  });
});

describe('the owner of a lease in audit', () => {
  it('is recorded, and others are told of and let in', async () => {
    const refusals: string[] = [];
    const bench = await GuardedServers.start(guardFor(POLICY, refusals, 'audit'));
    const taken = await bench.grpc('LockService/Acquire', { name: 'shop/a' }, 'ann');
    const { leaseId } = grantIn(taken);
    expect((await bench.grpc('LeaseService/KeepAlive', { leaseId }, 'bob')).code).to.equal(0);
    expect(refusals).to.deep.equal(['bob named the lease of another']);
    await bench.stop();
  });
});
