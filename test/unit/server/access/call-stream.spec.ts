import { Metadata } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { Guard } from '../../../../src/server/access/guard.js';
import { CallStreamClient } from '../../../support/call-stream-client.js';
import { GuardedServers, guardFor, SIGNER, tokenOf } from '../../../support/guarded-servers.js';

const POLICY = `version: 1
principals:
  - ${tokenOf('ann')}
  - ${tokenOf('bob')}
  - {name: jane, match: {jwt: jane}}
rules:
  - {to: [ann, jane], allow: [acquire, read], on: ["lock:shop/*"]}
  - {to: [bob], allow: [read], on: ["lock:till/*"]}
`;

describe('a stream of calls, behind the guard', () => {
  let guard: Guard;
  let bench: GuardedServers;
  const clients: CallStreamClient[] = [];
  beforeEach(async () => {
    guard = guardFor(POLICY);
    bench = await GuardedServers.start(guard);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await bench.stop();
  });

  async function open(token?: string): Promise<CallStreamClient> {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    const client = await CallStreamClient.open(`127.0.0.1:${bench.servers.grpcPort}`, metadata);
    clients.push(client);
    return client;
  }
  let last = 0;
  async function code(client: CallStreamClient, name: string, token?: string): Promise<number> {
    const id = ++last;
    const metadata = token === undefined ? {} : { metadata: { authorization: `Bearer ${token}` } };
    client.send([{ id, method: 'LockService/GetLock', request: { name }, ...metadata }]);
    return client.code(id);
  }

  it('asks for each call whether its caller may', async () => {
    const client = await open('ann');
    expect(await code(client, 'shop/a')).to.equal(0);
    expect(await code(client, 'till/a')).to.equal(7);
    expect(await code(await open(), 'shop/a')).to.equal(16);
    expect(await code(await open('wrong'), 'shop/a')).to.equal(16);
  });

  it('takes a call for that of the token that it brings, and no other call', async () => {
    const client = await open('ann');
    expect(await code(client, 'till/a', 'bob')).to.equal(0);
    expect(await code(client, 'shop/a', 'bob')).to.equal(7);
    expect(await code(client, 'shop/a', 'wrong')).to.equal(16);
    expect(await code(client, 'shop/a')).to.equal(0);
    const nobody = await open();
    expect(await code(nobody, 'shop/a', 'ann')).to.equal(0);
    expect(await code(nobody, 'shop/a')).to.equal(16);
  });

  it('keeps leases apart that were made over it', async () => {
    const client = await open('ann');
    const { grant } = await client.call(++last, 'LockService/Acquire', { name: 'shop/a' });
    const { leaseId } = grant as { leaseId: string };
    const renew = async (over: CallStreamClient): Promise<number> => {
      const id = ++last;
      over.send([{ id, method: 'LeaseService/KeepAlive', request: { leaseId } }]);
      return over.code(id);
    };
    expect(await renew(client)).to.equal(0);
    expect(await renew(await open(await SIGNER.token(Date.now(), { sub: 'jane' })))).to.equal(5);
  });

  it('ends a wait when the token of its caller has', async () => {
    const holder = await open('ann');
    await holder.call(++last, 'LockService/Acquire', { name: 'shop/a' });
    const client = await open(await SIGNER.token(Date.now(), { sub: 'jane' }));
    const id = ++last;
    const request = { name: 'shop/a', wait: { seconds: '60' } };
    client.send([{ id, method: 'LockService/Acquire', request }]);
    for (;;) {
      const { answers } = await bench.grpc('LockService/GetLock', { name: 'shop/a' }, 'ann');
      if ((answers[0]?.waiters as readonly unknown[]).length === 1) break;
    }
    bench.calls(guard).expire(Date.now() + 3_600_000);
    const { error } = await client.answer(id);
    expect([error?.code, error?.message]).to.deep.equal([16, 'the token has expired']);
  });
});
