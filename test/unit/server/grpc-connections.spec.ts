import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { serverStream, unary } from '../../../src/server/handlers/call.js';
import type { Call } from '../../../src/server/handlers/call.js';
import { hasBroken } from '../../../src/service/caller.js';
import { encode, frame, openCall, openSession, statusOf } from '../../e2e/raw-grpc.js';
import { clientsOf } from '../../support/grpc-clients.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

const ACQUIRE = '/sharedlock.v1.LockService/Acquire';
const WATCH = '/sharedlock.v1.LockService/WatchLock';
const REQUEST = frame(encode('AcquireRequest', { name: 'a' }));
const LIMITS = { pingIntervalMs: 100, pingTimeoutMs: 300 };

/** More than nghttp2 lets pass at once. */
const MANY = 3000;

describe('connections to the gRPC server', function () {
  this.timeout(30_000);
  let servers: TestServers;
  let answerAll: () => void;
  const calls: Call[] = [];

  /** Acquire waits for `answerAll`, or its end; WatchLock says nothing. */
  beforeEach(async () => {
    calls.length = 0;
    const answered = new Promise<void>((resolve) => (answerAll = resolve));
    servers = await startServers({
      grpc: LIMITS,
      handlers: new Map([
        [
          ACQUIRE,
          unary(async (_: unknown, call) => {
            calls.push(call);
            const gone = once(call.signal, 'abort');
            await Promise.race([answered, gone]);
            return { acquired: false };
          }),
        ],
        [WATCH, serverStream((_: unknown, call) => Promise.resolve(silence(call)))],
      ]),
    });
  });

  afterEach(() => servers.stop());

  const isUnderWay = () => until('it is under way', () => calls.length > 0);

  it('keep their calls when they are closed gracefully', async () => {
    const session = openSession(servers.grpcPort);
    const stream = openCall(session, ACQUIRE);
    stream.end(REQUEST);
    await isUnderWay();
    session.close();
    // Several signs of life are due meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 800));
    answerAll();
    expect(await statusOf(stream)).to.include({ code: 0 });
  });

  it('tell a call that its caller cancelled from one whose connection broke', async () => {
    const proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
    const session = openSession(proxy.port);
    session.on('error', () => undefined);
    const streams = [openCall(session, ACQUIRE), openCall(session, ACQUIRE)];
    for (const stream of streams) {
      stream.on('error', () => undefined);
      stream.end(REQUEST);
    }
    await until('both are under way', () => calls.length === 2);
    const isBroken = () => calls.map((call) => call.signal.aborted && hasBroken(call)).sort();
    streams[0]?.close(constants.NGHTTP2_CANCEL);
    await until('one was cancelled', () => calls.some(({ signal }) => signal.aborted));
    expect(isBroken()).to.deep.equal([false, false]);
    proxy.cut();
    await until('the other one has ended', () => calls.every(({ signal }) => signal.aborted));
    expect(isBroken()).to.deep.equal([false, true]);
    await proxy.dispose();
  });

  it('take a call for cancelled if its caller closes the connection right after', async () => {
    const session = openSession(servers.grpcPort);
    const stream = openCall(session, ACQUIRE);
    stream.on('error', () => undefined);
    stream.end(REQUEST);
    await isUnderWay();
    stream.close(constants.NGHTTP2_CANCEL);
    session.close();
    await until('it has ended', () => calls.every(({ signal }) => signal.aborted));
    expect(calls.map(hasBroken)).to.deep.equal([false]);
  });

  for (const closing of [false, true]) {
    it(`are cut when their other end is gone without a word${closing ? ', closing gracefully' : ''}`, async () => {
      const proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
      const session = openSession(proxy.port);
      openCall(session, ACQUIRE).end(REQUEST);
      await isUnderWay();
      if (closing) session.close();
      await new Promise((resolve) => setTimeout(resolve, 200));
      proxy.freeze();
      await until('the call is aborted', () => calls[0]?.signal.aborted === true);
      session.destroy();
      await proxy.dispose();
    });
  }

  it('keep their other calls, however many are cancelled', async () => {
    const clients = clientsOf(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
    const held = new Promise((resolve, reject) => {
      clients.locks.acquire({ name: 'held' }, (error) =>
        error === null ? resolve(true) : reject(error),
      );
    });
    const cancelOne = (): Promise<number | undefined> =>
      new Promise((resolve) => {
        const stream = clients.locks.watchLock({ name: 'a' });
        stream.on('metadata', () => stream.cancel());
        stream.on('error', ({ code }: { code?: number }) => resolve(code));
      });
    const codes = new Set<number | undefined>();
    const cancelMany = async (): Promise<void> => {
      for (let made = 0; made < MANY / 20; made++) codes.add(await cancelOne());
    };
    await Promise.all(Array.from({ length: 20 }, cancelMany));
    expect([...codes]).to.deep.equal([1]);
    answerAll();
    await held;
    clients.close();
  });

  it('are cut if their other end cancels without end', async () => {
    const socket = connect(servers.grpcPort, '127.0.0.1');
    socket.on('error', () => undefined);
    // Not `once` of node:events, which a reset would make fail.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(http2Frame(0x4, 0, 0, Buffer.alloc(0)));
    let sent = 0;
    const pump = setInterval(() => {
      if (!socket.writable) return;
      for (let burst = 0; burst < 50; burst++) {
        const id = 2 * sent++ + 1;
        socket.write(http2Frame(0x1, 0x4, id, REQUEST_HEADERS));
        socket.write(http2Frame(0x3, 0, id, Buffer.from([0, 0, 0, 8])));
      }
    }, 5);
    await closed;
    clearInterval(pump);
    expect(sent).to.be.within(1000, 6000);
  });
});

async function* silence({ signal }: Call): AsyncGenerator<object> {
  await once(signal, 'abort');
  yield {};
}

function http2Frame(type: number, flags: number, streamId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, body]);
}

/** In HPACK: literals without an index (RFC 7541, 6.2.2). */
const REQUEST_HEADERS = Buffer.concat(
  [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', WATCH],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ].map(([name = '', value = '']) =>
    Buffer.concat([
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  ),
);
