import { expect } from 'chai';
import { unary } from '../../../../src/server/handlers/call.js';
import { until } from '../../../support/until.js';
import { startServers } from '../../../support/wire-servers.js';
import {
  GuardedServers,
  guardFor,
  tokenOf,
  type OpenCall,
} from '../../../support/guarded-servers.js';

const POLICY = `version: 1
principals:
  - ${tokenOf('ann')}
  - ${tokenOf('bob')}
rules:
  - {to: [ann, bob], allow: ["*"], on: ["*"]}
  - {to: [anonymous], allow: [read], on: ["lock:*"]}
quotas:
  ann: {leases: 2, waiters: 1, watches: 1}
  bob: {rate: 1/m, burst: 3}
  anonymous: {rate: 1/m, burst: 2}
space: {default: 1KiB, "config:config-api": 2KiB}
`;

describe('quotas', () => {
  let bench: GuardedServers;
  afterEach(() => bench.stop());
  const start = async (mode: 'audit' | 'enforce' = 'enforce'): Promise<void> => {
    bench = await GuardedServers.start(guardFor(POLICY, [], mode));
  };
  const acquire = (name: string, token: string, more: object = {}) =>
    bench.grpc('LockService/Acquire', { name, ...more }, token);

  it('limit the leases of a principal, not those of others', async () => {
    await start();
    const { answers } = await acquire('a', 'ann');
    await bench.grpc('LeaseService/CreateLease', {}, 'ann');
    const refused = await acquire('b', 'ann');
    expect([refused.code, refused.details]).to.deep.equal([
      8,
      'ann has 2 leases at this daemon, which is its limit',
    ]);
    expect((await acquire('b', 'bob')).code).to.equal(0);
    const { leaseId } = answers[0]?.grant as { leaseId: string };
    await bench.grpc('LockService/Release', { name: 'a', leaseId }, 'ann');
    expect((await acquire('c', 'ann')).code).to.equal(0);
  });

  it('limit waits and watches of a principal', async () => {
    await start();
    await acquire('a', 'bob');
    const open: OpenCall[] = [];
    const wait = (): OpenCall => {
      const call = bench.open('LockService/Acquire', { name: 'a', wait: { seconds: '60' } }, 'ann');
      open.push(call);
      return call;
    };
    expect(await wait().isOpen()).to.equal(true);
    expect(await wait().ended).to.deep.equal({
      code: 8,
      details: 'ann has 1 place in queues at this daemon, which is its limit',
    });
    const watch = (): OpenCall => {
      const call = bench.open('LockService/WatchLock', { name: 'a' }, 'ann');
      open.push(call);
      return call;
    };
    expect(await watch().isOpen()).to.equal(true);
    expect((await watch().ended).details).to.contain('1 watch or Hold');
    for (const call of open) call.cancel();
  });

  it('limit how often a principal asks, on both wires, but not what keeps its locks', async () => {
    await start();
    const { answers } = await acquire('a', 'bob');
    const { leaseId } = answers[0]?.grant as { leaseId: string };
    expect((await bench.http('GET', '/v1/locks/a', 'bob')).status).to.equal(200);
    await acquire('b', 'bob');
    const refused = await bench.http('GET', '/v1/locks/a', 'bob');
    expect(refused.status).to.equal(429);
    expect(refused.text).to.contain('QUOTA_RATE').and.contain('bob asks more often than its limit');
    expect((await acquire('c', 'bob')).code).to.equal(8);
    expect((await bench.grpc('LeaseService/KeepAlive', { leaseId }, 'bob')).code).to.equal(0);
    expect((await bench.grpc('LockService/Release', { name: 'a', leaseId }, 'bob')).code).to.equal(
      0,
    );
    expect((await bench.http('GET', '/v1/locks/a', 'ann')).status).to.equal(200);
    const anonymous = (): Promise<number> =>
      bench.http('GET', '/v1/locks/a').then(({ status }) => status);
    expect([await anonymous(), await anonymous(), await anonymous()]).to.deep.equal([
      200, 200, 429,
    ]);
  });

  it('limit what anonymous callers of this machine have, who have no address to be told apart by', async () => {
    const policy = POLICY.replace('allow: [read]', 'allow: [acquire, read, watch]').replace(
      'anonymous: {rate: 1/m, burst: 2}',
      'anonymous: {leases: 1, watches: 1}',
    );
    bench = await GuardedServers.start(guardFor(policy));
    const anonymous = (name: string) => bench.grpc('LockService/Acquire', { name });
    expect((await anonymous('a')).code).to.equal(0);
    expect((await anonymous('b')).details).to.equal(
      'anonymous has 1 lease at this daemon, which is its limit',
    );
    const watch = bench.open('LockService/WatchLock', { name: 'a' });
    expect(await watch.isOpen()).to.equal(true);
    const { details } = await bench.grpc('LockService/WatchLock', { name: 'a' });
    expect(details).to.contain('anonymous has 1 watch or Hold');
    watch.cancel();
  });

  it('keep one principal from the room of another, whatever it asks', async () => {
    const policy = POLICY.replace('ann: {', 'ann: {inFlight: 4, ').replace(
      'rate: 1/m, burst: 3',
      'inFlight: 4',
    );
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let waiting = 0;
    const slow = unary(async (_: never, { rights }) => {
      if (rights?.principal.id === 'ann') {
        waiting++;
        await released;
      }
      return {};
    });
    const handlers = new Map([['/sharedlock.v1.LockService/GetLock', slow]]);
    bench = new GuardedServers(
      await startServers({ guard: guardFor(policy), handlers, admission: { requests: 8 } }),
    );
    const look = (token: string) => bench.grpc('LockService/GetLock', { name: 'a' }, token);
    const flood = Array.from({ length: 7 }, () => look('ann'));
    const refused = (await Promise.all(flood.slice(4))).map(({ details }) => details);
    expect(new Set(refused)).to.deep.equal(
      new Set(['ann has 4 requests under way at this daemon, which is its limit']),
    );
    await until('the four of ann are under way', () => waiting === 4);
    for (let n = 0; n < 20; n++) expect((await look('bob')).code).to.equal(0);
    release();
    for (const { code } of await Promise.all(flood.slice(0, 4))) expect(code).to.equal(0);
    expect((await look('ann')).code).to.equal(0);
  });

  it('say when to ask again', async () => {
    await start();
    for (let n = 0; n < 3; n++) await bench.http('GET', '/v1/locks/a', 'bob');
    const { httpPort } = bench.servers;
    const response = await fetch(`http://127.0.0.1:${httpPort}/v1/locks/a`, {
      headers: { authorization: 'Bearer bob' },
    });
    expect(Number(response.headers.get('retry-after'))).to.be.within(1, 60);
  });

  it('limit what documents of a namespace take, whoever writes them by whichever route', async () => {
    await start();
    const document = JSON.stringify('x'.repeat(298));
    const put = (namespace: string, name: string, token: string) =>
      bench.grpc('ConfigService/PutConfig', { namespace, name, document }, token);
    expect((await put('till', 'a', 'ann')).code).to.equal(0);
    const said =
      'the documents of "till" take 556 bytes, and may take 1024: there is no room for 556 more; ' +
      'delete some, or raise `space` in the policy';
    expect(await put('till', 'b', 'bob')).to.include({ code: 8, details: said });
    const body = JSON.stringify({ document });
    const refused = await bench.http('PUT', '/v1/namespaces/till/configs/b', 'ann', body);
    expect(refused.status).to.equal(429);
    expect(refused.text).to.contain('QUOTA_SPACE');
    expect((await put('shop', 'a', 'ann')).code).to.equal(0);
    const legacy = (service: string) =>
      bench.http(
        'POST',
        `/config?service=${service}`,
        'ann',
        JSON.stringify({ service, x: 'x'.repeat(1000) }),
      );
    expect((await legacy('a')).status).to.be.within(200, 201);
    expect((await legacy('b')).status).to.equal(429);
  });

  it('refuse nothing in audit', async () => {
    await start('audit');
    for (let n = 0; n < 4; n++) {
      const document = JSON.stringify('x'.repeat(300));
      const at = { namespace: 'till', name: `n${n}` };
      expect(
        (await bench.grpc('ConfigService/PutConfig', { ...at, document }, 'ann')).code,
      ).to.equal(0);
    }
    for (let n = 0; n < 6; n++) expect((await acquire(`x${n}`, 'bob')).code).to.equal(0);
    for (let n = 0; n < 4; n++) expect((await acquire(`y${n}`, 'ann')).code).to.equal(0);
  });
});
