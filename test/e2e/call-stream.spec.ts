import { randomBytes, randomInt } from 'node:crypto';
import { status as codes } from '@grpc/grpc-js';
import { expect } from 'chai';
import { CallStreamClient, type TestCall } from '../support/call-stream-client.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { grpcClient, type WireClient } from '../support/wire-client.js';
import { residentMegabytes } from './memory.js';
import { encode, frame, openCall, openSession } from './raw-grpc.js';
import { daemonOf, WORLDS } from './worlds.js';

const ACQUIRE = 'LockService/Acquire';
const RELEASE = 'LockService/Release';
const GET_LOCK = 'LockService/GetLock';
const CALL_STREAM = '/sharedlock.v1.CallService/CallStream';
const WAIT = { seconds: 60 };

interface Granted {
  readonly acquired: boolean;
  readonly grant: { readonly leaseId: string; readonly fencingToken: string };
}

for (const [engine, open] of WORLDS) {
  describe(`A stream of calls to a daemon on ${engine}`, function () {
    this.timeout(120_000);
    const on = daemonOf(open, () => ({ quiet: true }));
    let client: CallStreamClient;
    let other: WireClient;

    beforeEach(async () => {
      client = await CallStreamClient.open(on.daemon.grpcAddress);
      other = grpcClient(on.daemon.grpcAddress);
    });

    afterEach(() => {
      client.close();
      other.close();
    });

    const acquire = async (id: number, request: object): Promise<Granted> =>
      (await client.call(id, ACQUIRE, request)) as unknown as Granted;
    const waiters = async (name: string): Promise<unknown> =>
      (await other.call('GetLock', { name })).waiterCount;
    const queue = (name: string, count: number): Promise<void> =>
      until(`${count} wait`, async () => (await waiters(name)) === count, 30_000);
    const waits = (name: string, count: number): TestCall[] =>
      Array.from({ length: count }, (_, n) => ({
        id: n + 1,
        method: ACQUIRE,
        request: { name, wait: WAIT, mode: 'SHARED', ttl: { seconds: 60 } },
      }));

    it('takes locks, waits for them and gives them back, all at once', async () => {
      const { grant } = await acquire(1, { name: 'one', owner: 'a' });
      client.send(waits('one', 100).map((call) => ({ ...call, id: call.id + 10 })));
      await queue('one', 100);
      client.send([{ id: 2, method: RELEASE, request: { name: 'one', ...grant, ttl: undefined } }]);
      expect(await client.response(2)).to.deep.include({ released: true });
      for (let id = 11; id <= 110; id++) {
        const granted = (await client.response(id)) as unknown as Granted;
        expect(Number(granted.grant.fencingToken)).to.be.above(Number(grant.fencingToken));
      }
    });

    it('keeps the place of a waiter whose connection breaks, and not of one that cancels', async () => {
      const proxy = await TcpProxy.start(on.daemon.grpcAddress);
      const broken = await CallStreamClient.open(`127.0.0.1:${proxy.port}`);
      const lease = await client.call(1, 'LeaseService/CreateLease', { ttl: { seconds: 60 } });
      const { leaseId } = (lease as unknown as Granted).grant;
      const { grant } = await acquire(2, { name: 'place' });
      const first = { name: 'place', leaseId, wait: WAIT, requestId: 'mine' };
      broken.send([{ id: 1, method: ACQUIRE, request: first }]);
      await queue('place', 1);
      client.send([{ id: 3, method: ACQUIRE, request: { name: 'place', wait: WAIT } }]);
      await queue('place', 2);
      proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await waiters('place')).to.equal(2);
      client.send([{ id: 4, method: ACQUIRE, request: first }]);
      await new Promise((resolve) => setTimeout(resolve, 300));
      client.send([
        { id: 5, method: RELEASE, request: { name: 'place', ...grant, ttl: undefined } },
      ]);
      await client.response(4);
      expect(client.answers.has(3)).to.equal(false);
      client.send([], [3]);
      expect(await client.code(3)).to.equal(codes.CANCELLED);
      await queue('place', 0);
      broken.close();
      await proxy.dispose();
    });

    it('leaves nothing behind of hundreds of waits that are cancelled, or whose stream is reset', async () => {
      const { grant } = await acquire(50_000, { name: 'busy' });
      for (const end of ['cancel', 'reset']) {
        const crowd = await CallStreamClient.open(on.daemon.grpcAddress);
        crowd.send(waits('busy', 300));
        await queue('busy', 300);
        if (end === 'reset') crowd.close();
        else {
          crowd.send(
            [],
            waits('busy', 300).map(({ id }) => id),
          );
        }
        await queue('busy', 0);
        crowd.close();
      }
      client.send([
        { id: 1, method: RELEASE, request: { name: 'busy', ...grant, ttl: undefined } },
      ]);
      expect(await client.code(1)).to.equal(0);
    });

    it('serves others beside calls that are begun and cancelled without end', async () => {
      const crowd = await CallStreamClient.open(on.daemon.grpcAddress);
      const stop = new AbortController();
      const flood = (async () => {
        for (let round = 0; !stop.signal.aborted && crowd.status === undefined; round++) {
          const calls = waits(`flood${round % 7}`, 200);
          crowd.answers.clear();
          crowd.send(
            calls,
            calls.map(({ id }) => id),
          );
          await until('they are answered', () => crowd.answers.size === 200, 30_000);
        }
      })();
      for (let n = 0; n < 30; n++) {
        expect(await other.call('GetLock', { name: `n${n}` })).to.include({ held: false });
      }
      stop.abort();
      await flood;
      expect(crowd.status).to.equal(undefined);
      crowd.close();
      for (let n = 0; n < 7; n++) await queue(`flood${n}`, 0);
    });

    it('survives frames of anything', async () => {
      const good = encode('CallStreamRequest', {
        calls: [
          { id: 1, method: client.numberOf(GET_LOCK), request: Buffer.from([0x0a, 1, 0x61]) },
          { id: 2, method: 3, timeoutMs: 5, metadata: { a: 'b' } },
        ],
        cancelled: [1, 2, 77],
      });
      const random = (): Buffer => {
        if (randomInt(4) === 0) return randomBytes(randomInt(200));
        const bytes = Buffer.from(good);
        for (let change = randomInt(4); change >= 0; change--) {
          bytes[randomInt(bytes.length)] = randomInt(256);
        }
        return bytes.subarray(0, randomInt(4) === 0 ? randomInt(bytes.length) : bytes.length);
      };
      const session = openSession(on.daemon.grpcPort);
      session.setMaxListeners(0);
      for (let round = 0; round < 300; round++) {
        const stream = openCall(session, CALL_STREAM);
        stream.resume();
        for (let frames = randomInt(3); frames >= 0; frames--) stream.write(frame(random()));
        stream.end();
        if (round % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      // A length that no frame has, and a frame that does not come to its end.
      const cut = openCall(session, CALL_STREAM);
      cut.write(frame(Buffer.alloc(10), false, 2 ** 31));
      const half = openCall(session, CALL_STREAM);
      half.write(frame(Buffer.alloc(10), false, 1000));
      expect(await client.call(1, GET_LOCK, { name: 'a' })).to.include({ held: false });
      session.destroy();
      expect(await client.call(2, GET_LOCK, { name: 'a' })).to.include({ held: false });
    });

    it('stays small beside a caller that asks for much and reads nothing', async () => {
      const value = 'v'.repeat(60_000);
      const { grant } = await acquire(1, { name: 'large', value });
      const before = residentMegabytes(on.daemon.pid);
      const session = openSession(on.daemon.grpcPort);
      const stream = openCall(session, CALL_STREAM).pause();
      const request = encode('GetLockRequest', { name: 'large' });
      const method = client.numberOf(GET_LOCK);
      const calls = (from: number): object[] =>
        Array.from({ length: 1000 }, (_, n) => ({ id: from + n, method, request }));
      for (let round = 0; round < 100; round++) {
        stream.write(frame(encode('CallStreamRequest', { calls: calls(round * 1000 + 1) })));
      }
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(await client.call(2, GET_LOCK, { name: 'small' })).to.include({ held: false });
      // Of 6,000 MB that are asked for, by the daemon's limits: 128 MiB of answers that nobody takes, and 4,000 requests under way, of 60 KB each.
      expect(residentMegabytes(on.daemon.pid) - before).to.be.below(500);
      session.destroy();
      client.send([
        { id: 3, method: RELEASE, request: { name: 'large', ...grant, ttl: undefined } },
      ]);
      expect(await client.code(3)).to.equal(0);
    });
  });
}
