import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { status as codes } from '@grpc/grpc-js';
import { expect } from 'chai';
import {
  encode,
  frame,
  openCall,
  openSession,
  statusOf,
  type RawStatus,
} from '../../e2e/raw-grpc.js';
import { startServers, type TestServers } from '../../support/wire-servers.js';

const ACQUIRE = '/sharedlock.v1.LockService/Acquire';
const GET_LOCK = frame(encode('GetLockRequest', { name: 'a' }));
/** A field of a type that there is not. */
const GARBAGE = frame(Buffer.from([0x0f, 0xff, 0xff]));

describe('A gRPC call', () => {
  let servers: TestServers;
  let session: ClientHttp2Session;

  beforeEach(async () => {
    servers = await startServers();
    session = openSession(servers.grpcPort);
  });

  afterEach(async () => {
    session.close();
    await servers.stop();
  });

  const call = (path: string, body: Buffer, headers?: OutgoingHttpHeaders): Promise<RawStatus> => {
    const stream = openCall(session, path, headers);
    stream.write(body);
    stream.end();
    return statusOf(stream);
  };

  const seen = (): unknown => servers.observer.entries.at(-1)?.code;

  // 25 and 60 days, the longest of each unit, and one more millisecond than a timer of Node.js takes.
  for (const timeout of ['600H', '1440H', '99999999H', '99999999M', '99999999S', '2147484S']) {
    it(`has all the time of a deadline of ${timeout}`, async () => {
      const waiting = async (name: string, wait: object): Promise<RawStatus> =>
        call(ACQUIRE, frame(encode('AcquireRequest', { name, ...wait })), {
          'grpc-timeout': timeout,
        });
      expect(await waiting('long', {})).to.include({ code: codes.OK });
      const second = await waiting('long', { wait: { seconds: 0, nanos: 200_000_000 } });
      expect(second).to.include({ code: codes.OK });
    });
  }

  it('is over at the end of a deadline that is short', async () => {
    const body = frame(encode('AcquireRequest', { name: 'short' }));
    await call(ACQUIRE, body);
    const waiting = frame(encode('AcquireRequest', { name: 'short', wait: { seconds: 30 } }));
    const { code } = await call(ACQUIRE, waiting, { 'grpc-timeout': '100m' });
    expect(code).to.equal(codes.DEADLINE_EXCEEDED);
  });

  for (const timeout of ['5', 'S', '123456789S', '5s', '-1S', '1.5S', 'abc5Sdef', 'soon', '']) {
    it(`is refused with a deadline of ${JSON.stringify(timeout)}, which is none`, async () => {
      const path = '/sharedlock.v1.LockService/GetLock';
      const answer = await call(path, GET_LOCK, { 'grpc-timeout': timeout });
      expect(answer.code).to.equal(codes.INVALID_ARGUMENT, answer.message);
      expect(answer.message).to.contain('grpc-timeout: must be');
      expect(seen()).to.equal('INVALID_ARGUMENT');
      expect(servers.observer.rpcs.at(-1)).to.include({ code: 'INVALID_ARGUMENT' });
      expect(servers.observer.defects).to.deep.equal([]);
    });
  }

  it('can not mark itself as refused', async () => {
    const path = '/sharedlock.v1.LockService/GetLock';
    const answer = await call(path, GET_LOCK, { 'x-unreadable-grpc-timeout': 'true' });
    expect(answer.code).to.equal(codes.OK, answer.message);
  });

  for (const path of [
    '/grpc.health.v1.Health/Check',
    '/grpc.health.v1.Health/Watch',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    ACQUIRE,
  ]) {
    it(`to ${path} is refused for bytes that are no message`, async () => {
      const answer = await call(path, GARBAGE);
      expect(answer.code).to.equal(codes.INVALID_ARGUMENT, answer.message);
      expect(answer.message).to.match(/^not a /);
      expect(seen()).to.equal('INVALID_ARGUMENT');
      expect(servers.observer.defects).to.deep.equal([]);
    });
  }

  it('is refused for a message that is not compressed as it says', async () => {
    const body = frame(Buffer.from('this is no gzip'), true);
    const answer = await call(ACQUIRE, body, { 'grpc-encoding': 'gzip' });
    expect(answer.code).to.equal(codes.INVALID_ARGUMENT, answer.message);
    expect(seen()).to.equal('INVALID_ARGUMENT');
  });
});
