import { gzipSync } from 'node:zlib';
import { constants } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { status as codes } from '@grpc/grpc-js';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { residentMegabytes } from './memory.js';
import { RawConnection } from './raw-http.js';
import { call, encode, frame, openCall, openSession, statusOf } from './raw-grpc.js';

const ACQUIRE = '/sharedlock.v1.LockService/Acquire';
const GET_LOCK = '/sharedlock.v1.LockService/GetLock';
const WATCH = '/sharedlock.v1.LockService/WatchLock';
const KEEP_ALIVE_STREAM = '/sharedlock.v1.LeaseService/KeepAliveStream';
const EMPTY = Buffer.alloc(0);

describe('bad input over gRPC', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let port: number;
  let startMegabytes: number;

  before(async () => {
    daemon = await DaemonProcess.start({ env: { SHARED_LOCK_SERVER_READ_TIMEOUT: '1500ms' } });
    port = daemon.grpcPort;
    await call(port, GET_LOCK, frame(encode('GetLockRequest', { name: 'warm' })));
    startMegabytes = residentMegabytes(daemon.pid);
  });

  after(() => daemon.dispose());

  afterEach('the daemon goes on serving, in bounded memory', async () => {
    const answer = await call(port, GET_LOCK, frame(encode('GetLockRequest', { name: 'a' })));
    expect(answer.code).to.equal(codes.OK, answer.message);
    expect(residentMegabytes(daemon.pid) - startMegabytes).to.be.below(200);
  });

  it('refuses a message that says it has 4 GiB', async () => {
    const answer = await call(port, ACQUIRE, frame(Buffer.alloc(1000), false, 0xffff_ffff));
    expect(answer.code).to.equal(codes.RESOURCE_EXHAUSTED);
  });

  it('refuses a message above the limit', async () => {
    const answer = await call(port, ACQUIRE, frame(Buffer.alloc(4 * 1024 * 1024 + 1)));
    expect(answer.code).to.equal(codes.RESOURCE_EXHAUSTED);
  });

  it('refuses a message that becomes too large when it is decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    const answer = await call(port, ACQUIRE, frame(bomb, true), { 'grpc-encoding': 'gzip' });
    expect(answer.code).to.equal(codes.RESOURCE_EXHAUSTED);
  });

  it('reads a message that is compressed', async () => {
    const message = gzipSync(encode('GetLockRequest', { name: 'zipped' }));
    const answer = await call(port, GET_LOCK, frame(message, true), { 'grpc-encoding': 'gzip' });
    expect(answer.code).to.equal(codes.OK, answer.message);
    expect(answer.data.toString('latin1')).to.contain('zipped');
  });

  it('refuses what is no gzip', async () => {
    const garbage = frame(Buffer.from('this is no gzip'), true);
    const answer = await call(port, ACQUIRE, garbage, { 'grpc-encoding': 'gzip' });
    expect(answer.code).to.equal(codes.INVALID_ARGUMENT);
    expect(answer.message).to.contain('grpc-encoding');
  });

  it('refuses a compression that it does not know', async () => {
    const answer = await call(port, ACQUIRE, frame(Buffer.from('x'), true), {
      'grpc-encoding': 'zstd',
    });
    expect(answer.code).to.equal(codes.UNIMPLEMENTED);
  });

  it('gives up on a message that does not come to an end', async () => {
    const session = openSession(port);
    const stream = openCall(session, ACQUIRE);
    stream.write(frame(Buffer.alloc(10), false, 1000));
    expect((await statusOf(stream)).code).to.equal(codes.DEADLINE_EXCEEDED);
    session.destroy();
  });

  it('gives up on a call that never sends a message', async () => {
    const session = openSession(port);
    const answer = await statusOf(openCall(session, ACQUIRE));
    expect(answer.code).to.equal(codes.DEADLINE_EXCEEDED);
    session.destroy();
  });

  it('does not give up on a stream of requests that pauses', async () => {
    const session = openSession(port);
    const stream = openCall(session, KEEP_ALIVE_STREAM);
    const answer = statusOf(stream);
    const renewal = frame(encode('KeepAliveStreamRequest', { leaseId: '5' }));
    stream.write(renewal);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    stream.end(renewal);
    expect((await answer).code).to.equal(codes.OK);
    session.destroy();
  });

  const invalid: readonly (readonly [string, Buffer])[] = [
    ['a name that is not UTF-8', Buffer.from([0x0a, 2, 0xff, 0x41])],
    ['an encoded surrogate', Buffer.from([0x0a, 3, 0xed, 0xa0, 0x80])],
    ['a label that is not UTF-8', Buffer.from([0x0a, 1, 0x41, 0x52, 3, 0x0a, 1, 0xff])],
    ['bytes that are no message', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['a field that is cut', Buffer.from([0x0a, 100, 0x41])],
    ['a name with NUL', encode('AcquireRequest', { name: 'a\u0000b' })],
    ['a mode that there is not', encode('AcquireRequest', { name: 'a', mode: 77 })],
    ['no message bytes, and so no name', EMPTY],
  ];
  for (const [what, message] of invalid) {
    it(`answers INVALID_ARGUMENT to ${what}`, async () => {
      const answer = await call(port, ACQUIRE, frame(message));
      expect(answer.code).to.equal(codes.INVALID_ARGUMENT, answer.message);
    });
  }

  it('accepts a name that contains U+FFFD in good UTF-8', async () => {
    const message = encode('GetLockRequest', { name: 'a\ufffdb' });
    expect((await call(port, GET_LOCK, frame(message))).code).to.equal(codes.OK);
  });

  it('ends a stream of requests at one that is not UTF-8 nor a message', async () => {
    const answer = await call(port, KEEP_ALIVE_STREAM, frame(Buffer.from([0xff, 0xff, 0xff])));
    expect(answer.code).to.equal(codes.INVALID_ARGUMENT);
  });

  for (const path of [
    '/sharedlock.v1.LockService/Nothing',
    '/nothing.v1.Service/Acquire',
    '/',
    '/sharedlock.v1.LockService/Acquire/',
    '/__proto__/constructor',
  ]) {
    it(`answers UNIMPLEMENTED to ${path}`, async () => {
      expect((await call(port, path, frame(EMPTY))).code).to.equal(codes.UNIMPLEMENTED);
    });
  }

  it('survives a method whose name is not ASCII', async () => {
    const answer = await call(port, '/caf\u00e9\u00ff', frame(EMPTY));
    expect(answer.code).to.be.oneOf([codes.UNIMPLEMENTED, undefined]);
  });

  it('answers 415 to another content type', async () => {
    const answer = await call(port, ACQUIRE, frame(EMPTY), { 'content-type': 'text/plain' });
    expect(answer.httpStatus).to.equal(415);
  });

  it('refuses a second message where one is meant', async () => {
    const message = frame(encode('GetLockRequest', { name: 'a' }));
    const answer = await call(port, GET_LOCK, Buffer.concat([message, message]));
    expect(answer.code).to.equal(codes.UNIMPLEMENTED);
  });

  it('refuses 60 KB of metadata', async () => {
    const answer = await call(port, GET_LOCK, frame(encode('GetLockRequest', { name: 'a' })), {
      'x-large': 'a'.repeat(60_000),
    });
    expect(answer.code).to.equal(codes.RESOURCE_EXHAUSTED);
  });

  it('refuses metadata of many names', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 120 }, (_, n) => [`x-${n}`, 'a'.repeat(300)]),
    );
    const answer = await call(port, GET_LOCK, frame(encode('GetLockRequest', { name: 'a' })), many);
    expect(answer.code).to.be.oneOf([codes.RESOURCE_EXHAUSTED, undefined]);
  });

  it('answers others while one caller opens 10,000 streams', async () => {
    const session = openSession(port);
    session.setMaxListeners(0);
    const message = frame(encode('WatchLockRequest', { name: 'crowd' }));
    for (let count = 0; count < 10_000; count++) openCall(session, WATCH).end(message);
    for (let count = 0; count < 20; count++) {
      const answer = await call(port, GET_LOCK, frame(encode('GetLockRequest', { name: 'a' })));
      expect(answer.code).to.equal(codes.OK);
    }
    session.destroy();
  });

  it('survives a caller that opens streams and resets them at once', async () => {
    const session = openSession(port);
    session.setMaxListeners(0);
    const message = frame(encode('AcquireRequest', { name: 'reset', wait: { seconds: '60' } }));
    for (let round = 0; round < 50 && isOpen(session); round++) {
      for (let count = 0; count < 100; count++) {
        if (!isOpen(session)) break;
        const stream = openCall(session, ACQUIRE);
        stream.end(message);
        stream.close(constants.NGHTTP2_CANCEL);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const answer = await call(port, GET_LOCK, frame(encode('GetLockRequest', { name: 'a' })));
    expect(answer.code).to.equal(codes.OK);
    session.destroy();
  });

  it('survives a caller that floods the reflection and reads nothing', async () => {
    const session = openSession(port);
    const stream = openCall(session, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
    stream.pause();
    // file_containing_symbol = 4: some 10 KB for each.
    const symbol = Buffer.from('sharedlock.v1.LockService');
    const request = frame(Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]));
    const flood = Buffer.concat(Array.from({ length: 1000 }, () => request));
    for (let count = 0; count < 30; count++) {
      stream.write(flood);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    session.destroy();
  });

  it('survives bytes that are no HTTP/2', async () => {
    const connection = new RawConnection(port).send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await connection.closed();
  });
});

/** The server may end a session of somebody who does that. */
function isOpen(session: ClientHttp2Session): boolean {
  return !session.closed && !session.destroyed;
}
