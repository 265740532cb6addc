import { status as codes } from '@grpc/grpc-js';
import { expect } from 'chai';
import { hasBroken } from '../../../src/service/caller.js';
import { unary, type Call, type HandlerTable } from '../../../src/server/handlers/call.js';
import { CallStreamClient, type TestCall } from '../../support/call-stream-client.js';
import { until } from '../../support/until.js';
import {
  DESCRIPTORS,
  startServers,
  type TestServerOptions,
  type TestServers,
} from '../../support/wire-servers.js';

const GET_LOCK = 'LockService/GetLock';
const ACQUIRE = 'LockService/Acquire';
const RELEASE = 'LockService/Release';
const ROOM = { calls: 10, requestBytes: 100_000, frameBytes: 50_000, frameEntries: 1000 };

/** Waits until it is aborted; remembers its calls. */
function waitingHandlers(path: string): { readonly calls: Call[]; readonly table: HandlerTable } {
  const calls: Call[] = [];
  const wait = unary(
    (_: never, call) =>
      new Promise((_resolve, reject) => {
        calls.push(call);
        call.signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  return { calls, table: new Map([[`/sharedlock.v1.${path}`, wait]]) };
}

describe('A stream of calls', function () {
  this.timeout(20_000);
  let servers: TestServers;
  let client: CallStreamClient;

  async function start(options: TestServerOptions = {}): Promise<void> {
    servers = await startServers(options);
    client = await CallStreamClient.open(`127.0.0.1:${servers.grpcPort}`);
  }

  afterEach(async () => {
    client.close();
    await servers.stop();
  });

  const gets = (count: number): TestCall[] =>
    Array.from({ length: count }, (_, n) => ({
      id: n + 1,
      method: GET_LOCK,
      request: { name: `n${n}` },
    }));

  it('welcomes with every method that has one answer, and with its limits', async () => {
    await start({ grpc: { callStream: ROOM } });
    const unaries = DESCRIPTORS.methods
      .filter((method) => !method.requestStream && !method.responseStream)
      .map(({ path }) => path.slice(1));
    expect(client.welcome?.methods).to.have.members(unaries);
    expect(client.welcome).to.include({ maxCalls: 10, maxFrameBytes: 50_000 });
  });

  it('answers many calls of one frame in few frames', async () => {
    await start();
    client.send(gets(300));
    await until('all are answered', () => client.answers.size === 300);
    const lock = await client.response(300);
    expect(lock).to.include({ name: 'n299', held: false });
    expect(client.frames.length).to.be.below(50);
  });

  it('answers as each call ends, not in order', async () => {
    const { table } = waitingHandlers(ACQUIRE);
    await start({ handlers: table });
    client.send([{ id: 7, method: ACQUIRE, request: { name: 'a' } }, ...gets(1)]);
    await client.answer(1);
    expect(client.order).to.deep.equal([1]);
  });

  it('logs and counts each call as one of its own', async () => {
    await start();
    client.send([
      { id: 1, method: GET_LOCK, request: { name: 'a' } },
      { id: 2, method: GET_LOCK, request: { name: '' } },
    ]);
    await client.answer(2);
    await client.answer(1);
    const { entries, rpcs } = servers.observer;
    const line = { method: `sharedlock.v1.${GET_LOCK}`, wire: 'grpc' };
    const [good, bad] = [...entries].sort((one, other) => (one.code < other.code ? 1 : -1));
    expect(good).to.include({ ...line, name: 'a', code: 'OK' });
    expect(bad).to.include({ ...line, code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' });
    expect(rpcs.map(({ method, code }) => `${method} ${code}`)).to.have.members([
      'GetLock OK',
      'GetLock INVALID_ARGUMENT',
    ]);
  });

  it('tells an error with its details', async () => {
    await start();
    client.send([{ id: 1, method: GET_LOCK, request: { name: '' } }]);
    const { error } = await client.answer(1);
    expect(error?.code).to.equal(codes.INVALID_ARGUMENT);
    expect(error?.message).to.match(/^name: /);
    expect(error?.details.map(({ type_url: type }) => type)).to.include(
      'type.googleapis.com/google.rpc.ErrorInfo',
    );
  });

  it('refuses a request that is none, and a method that there is not, and goes on', async () => {
    await start();
    client.send([
      { id: 1, method: GET_LOCK, request: Buffer.from([0xff, 0xff]) },
      { id: 2, method: 9999 },
      { id: 3, method: 0 },
      { id: 4, method: GET_LOCK, request: { name: 'a' } },
    ]);
    expect(await client.code(1)).to.equal(codes.INVALID_ARGUMENT);
    expect(await client.code(2)).to.equal(codes.UNIMPLEMENTED);
    expect(await client.code(3)).to.equal(codes.UNIMPLEMENTED);
    expect(await client.code(4)).to.equal(0);
  });

  it('ends a call at its deadline', async () => {
    const { calls, table } = waitingHandlers(ACQUIRE);
    await start({ handlers: table });
    client.send([{ id: 1, method: ACQUIRE, request: { name: 'a' }, timeoutMs: 100 }]);
    expect(await client.code(1)).to.equal(codes.DEADLINE_EXCEEDED);
    expect(calls[0]?.signal.aborted).to.equal(true);
    expect(calls[0]?.deadlineMs).to.be.a('number');
  });

  it('answers a call that is cancelled, and frees its id', async () => {
    const { calls, table } = waitingHandlers(ACQUIRE);
    await start({ handlers: table });
    client.send([{ id: 1, method: ACQUIRE, request: { name: 'a' } }], [1, 55]);
    expect(await client.code(1)).to.equal(codes.CANCELLED);
    expect(calls[0]?.signal.aborted).to.equal(true);
    expect(calls[0] && hasBroken(calls[0])).to.equal(false);
    client.answers.clear();
    client.send([{ id: 1, method: GET_LOCK, request: { name: 'a' } }]);
    expect(await client.code(1)).to.equal(0);
  });

  it('gives up its calls when the connection breaks', async () => {
    const { calls, table } = waitingHandlers(ACQUIRE);
    await start({ handlers: table });
    client.send([{ id: 1, method: ACQUIRE, request: { name: 'a' } }]);
    await until('it waits', () => calls.length === 1);
    client.close();
    await until('it is given up', () => calls[0]?.signal.aborted === true);
    await until('it is logged', () => servers.observer.entries.length > 0);
    expect(servers.observer.entries[0]).to.include({ code: 'CANCELLED' });
  });

  it('refuses calls beyond its limit, but not what gives locks back', async () => {
    const { table } = waitingHandlers(ACQUIRE);
    await start({ handlers: table, grpc: { callStream: ROOM } });
    const acquires = Array.from({ length: 11 }, (_, n) => ({ id: n + 1, method: ACQUIRE }));
    client.send(acquires);
    expect(await client.code(11)).to.equal(codes.RESOURCE_EXHAUSTED);
    client.send([
      { id: 20, method: RELEASE, request: { name: 'a', leaseId: '5', fencingToken: '1' } },
    ]);
    expect(await client.code(20)).to.equal(0);
    client.send([], [1]);
    await client.answer(1);
    client.send([{ id: 21, method: ACQUIRE }]);
    client.send([{ id: 22, method: ACQUIRE }]);
    expect(await client.code(22)).to.equal(codes.RESOURCE_EXHAUSTED);
    expect(client.answers.has(21)).to.equal(false);
  });

  it('counts calls whose work goes on after they were given up', async () => {
    const stubborn = unary(() => new Promise(() => undefined));
    const handlers = new Map([[`/sharedlock.v1.${ACQUIRE}`, stubborn]]);
    await start({ handlers, grpc: { callStream: ROOM } });
    for (let id = 1; id <= 10; id++) client.send([{ id, method: ACQUIRE }], [id]);
    await client.answer(10);
    client.send([{ id: 1, method: ACQUIRE }]);
    client.answers.delete(1);
    expect(await client.code(1)).to.equal(codes.RESOURCE_EXHAUSTED);
  });

  it('refuses requests beyond its bytes, and metadata beyond its own limit', async () => {
    const { table } = waitingHandlers(ACQUIRE);
    await start({ handlers: table, grpc: { callStream: ROOM, metadataBytes: 100 } });
    const large = Buffer.concat([Buffer.from([0x0a, 0xc0, 0xb8, 0x02]), Buffer.alloc(40_000, 65)]);
    for (const id of [1, 2, 3]) client.send([{ id, method: ACQUIRE, request: large }]);
    expect(await client.code(3)).to.equal(codes.RESOURCE_EXHAUSTED);
    client.send([{ id: 4, method: GET_LOCK, metadata: { 'x-large': 'x'.repeat(100) } }]);
    expect(await client.code(4)).to.equal(codes.RESOURCE_EXHAUSTED);
    client.send([
      { id: 5, method: GET_LOCK, request: { name: 'a' }, metadata: { traceparent: '00' } },
    ]);
    expect(await client.code(5)).to.equal(0);
  });

  it('counts each call among those of the daemon', async () => {
    const { table } = waitingHandlers(ACQUIRE);
    await start({ handlers: table, admission: { openCalls: 2 } });
    client.send([1, 2, 3].map((id) => ({ id, method: ACQUIRE })));
    expect(await client.code(3)).to.equal(codes.RESOURCE_EXHAUSTED);
    client.send([], [1]);
    await client.answer(1);
    client.send([{ id: 4, method: ACQUIRE }]);
    client.send(gets(1).map((call) => ({ ...call, id: 5 })));
    expect(await client.code(5)).to.equal(0);
    expect(client.answers.has(4)).to.equal(false);
  });

  const endings: readonly (readonly [string, number, () => void])[] = [
    [
      'bytes that are no frame',
      codes.INVALID_ARGUMENT,
      () => client.wire.write(Buffer.from('???')),
    ],
    [
      'a call without an id',
      codes.INVALID_ARGUMENT,
      () => client.send([{ id: 0, method: GET_LOCK }]),
    ],
    [
      'the id of a call under way',
      codes.INVALID_ARGUMENT,
      () => {
        client.send([
          { id: 1, method: ACQUIRE },
          { id: 1, method: ACQUIRE },
        ]);
      },
    ],
    [
      'a frame that is too large',
      codes.RESOURCE_EXHAUSTED,
      () => client.send([{ id: 1, method: GET_LOCK, request: Buffer.alloc(50_001) }]),
    ],
    [
      'too many entries',
      codes.RESOURCE_EXHAUSTED,
      () => client.wire.write(Buffer.from('1001'.repeat(1001), 'hex')),
    ],
    [
      'too many entries in one field',
      codes.RESOURCE_EXHAUSTED,
      () =>
        client.wire.write(Buffer.concat([Buffer.from([0x12, 0xe9, 0x07]), Buffer.alloc(1001, 1)])),
    ],
  ];
  for (const [what, code, send] of endings) {
    it(`is ended by ${what}, with its calls as if the connection had broken`, async () => {
      const { calls, table } = waitingHandlers(ACQUIRE);
      await start({ handlers: table, grpc: { callStream: ROOM } });
      client.send([{ id: 99, method: ACQUIRE }]);
      await until('it waits', () => calls.length === 1);
      send();
      expect((await client.ended()).code).to.equal(code);
      await until('it is given up', () => calls[0]?.signal.aborted === true);
      expect(calls[0] && hasBroken(calls[0])).to.equal(true);
    });
  }

  it('answers what is under way after its caller has closed, and ends well', async () => {
    await start();
    client.send(gets(500));
    client.wire.end();
    expect((await client.ended()).code).to.equal(0);
    expect(client.answers.size).to.equal(500);
  });

  it('goes away when the daemon stops, and answers what is under way', async () => {
    let finish: (response: object) => void = () => undefined;
    const slow = unary(() => new Promise((resolve) => (finish = resolve)));
    await start({ handlers: new Map([[`/sharedlock.v1.${GET_LOCK}`, slow]]) });
    client.send([{ id: 1, method: GET_LOCK }]);
    await until(
      'it is under way',
      () => servers.observer.entries.length === 0 && finish.length === 1,
    );
    const stopped = servers.grpc.stop(5000);
    await until('it goes away', () => client.wentAway);
    client.send([{ id: 2, method: GET_LOCK }]);
    expect(await client.code(2)).to.equal(codes.UNAVAILABLE);
    finish({});
    expect(await client.code(1)).to.equal(0);
    expect((await client.ended()).code).to.equal(0);
    await stopped;
  });

  it('aborts what the daemon can not wait for when it stops', async () => {
    const { table } = waitingHandlers(ACQUIRE);
    await start({ handlers: table });
    client.send([{ id: 1, method: ACQUIRE }]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await servers.grpc.stop(100);
    expect(client.answers.get(1)?.error?.code).to.equal(codes.UNAVAILABLE);
  });

  it('goes away when its connection is too old', async () => {
    await start({ grpc: { maxAgeMs: 300, ageGraceMs: 5000 } });
    await until('it goes away', () => client.wentAway);
    expect((await client.ended()).code).to.equal(0);
  });

  it('goes away when it had no call for long, and not for want of a first one', async () => {
    await start({ grpc: { idleTimeoutMs: 400, readTimeoutMs: 50 } });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await client.call(1, GET_LOCK, { name: 'a' })).to.include({ held: false });
    await until('it goes away', () => client.wentAway);
    expect((await client.ended()).code).to.equal(0);
  });

  it('does not read on from a caller that does not read', async () => {
    let made = 0;
    const large = unary(() => {
      made++;
      return Promise.resolve({ holders: [{ value: 'x'.repeat(60_000) }] });
    });
    await start({ handlers: new Map([[`/sharedlock.v1.${GET_LOCK}`, large]]) });
    client.wire.pause();
    let id = 0;
    let sent = 0;
    const pump = (): void => {
      for (;;) {
        const before = client.wire.writableLength;
        if (before > 8 || sent > 1000) break;
        client.send(Array.from({ length: 50 }, () => ({ id: (id += 1), method: GET_LOCK })));
        sent++;
      }
    };
    const timer = setInterval(pump, 10);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = made;
    await new Promise((resolve) => setTimeout(resolve, 500));
    clearInterval(timer);
    expect(made).to.equal(before);
    expect(made).to.be.below(2000);
  });
});
