import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { Frames } from '../../../../src/server/grpc/request-bytes.js';
import { unary } from '../../../../src/server/handlers/call.js';
import {
  call,
  encode,
  frame,
  openCall,
  openSession,
  statusOf,
  type RawStatus,
} from '../../../e2e/raw-grpc.js';
import { clientsOf } from '../../../support/grpc-clients.js';
import { manyMessages, pendingHandler } from '../../../support/handlers.js';
import { session as leaseOf } from '../../../support/services.js';
import { until } from '../../../support/until.js';
import { startServers } from '../../../support/wire-servers.js';
import type { TestServerOptions, TestServers } from '../../../support/wire-servers.js';

const LOCKS = '/sharedlock.v1.LockService';
const LEASES = '/sharedlock.v1.LeaseService';
const HEALTH = '/grpc.health.v1.Health';
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
const EMPTY = frame(Buffer.alloc(0));
const MEBIBYTE = 1024 * 1024;

const CODE = { ok: 0, invalid: 3, late: 4, notFound: 5, exhausted: 8 };

describe('gRPC calls in a flood', () => {
  let servers: TestServers;
  let sessions: ClientHttp2Session[];

  async function start(options: TestServerOptions = {}): Promise<void> {
    sessions = [];
    servers = await startServers(options);
  }

  afterEach(async () => {
    for (const session of sessions) session.destroy();
    await servers.stop();
  });

  function session(): ClientHttp2Session {
    const opened = openSession(servers.grpcPort);
    sessions.push(opened);
    return opened;
  }

  /** A call whose answer is not waited for. */
  function open(on: ClientHttp2Session, path: string, body = EMPTY): ClientHttp2Stream {
    const stream = openCall(on, path);
    stream.end(body);
    return stream;
  }

  function ask(path: string, body = EMPTY): Promise<RawStatus> {
    return call(servers.grpcPort, path, body);
  }

  function reasons(): (string | undefined)[] {
    return servers.observer.entries.map(({ reason }) => reason);
  }

  it('are refused above the limit, and taken on again below it', async () => {
    const pending = pendingHandler();
    await start({
      admission: { requests: 2 },
      handlers: new Map([[`${LOCKS}/GetLock`, pending.handler]]),
    });
    const one = session();
    const under = [open(one, `${LOCKS}/GetLock`), open(one, `${LOCKS}/GetLock`)];
    await until('the limit is reached', async () => {
      return (await ask(`${LOCKS}/ListLocks`)).code === CODE.exhausted;
    });
    expect(reasons()).to.include('REQUEST_LIMIT');
    const refused = await ask(`${LOCKS}/ListLocks`);
    expect(refused.message).to.contain('SHARED_LOCK_LIMIT_REQUESTS');
    // What keeps locks, and health.
    const lease = frame(encode('KeepAliveRequest', { leaseId: '5' }));
    expect((await ask(`${LEASES}/KeepAlive`, lease)).code).to.equal(CODE.notFound);
    const released = frame(encode('ReleaseRequest', { name: 'a', leaseId: '5' }));
    expect((await ask(`${LOCKS}/Release`, released)).code).to.equal(CODE.ok);
    expect((await ask(`${HEALTH}/Check`)).code).to.equal(CODE.ok);
    // One limit for both wires.
    expect((await fetch(`http://127.0.0.1:${servers.httpPort}/v1/locks`)).status).to.equal(429);
    for (const stream of under) stream.close(8);
    await until('it is left', async () => (await ask(`${LOCKS}/ListLocks`)).code === CODE.ok);
  });

  it('are refused when answers that nobody reads fill the memory for them', async () => {
    const large = unary(() => Promise.resolve({ locks: [{ name: 'x'.repeat(MEBIBYTE) }] }));
    await start({
      admission: { bufferedBytes: 16 * MEBIBYTE },
      handlers: new Map([[`${LOCKS}/ListLocks`, large]]),
    });
    const before = process.memoryUsage().rss;
    const one = session();
    for (let n = 0; n < 200; n++) open(one, `${LOCKS}/ListLocks`).pause();
    await until('it is full', () => reasons().includes('BUFFER_LIMIT'));
    expect(process.memoryUsage().rss - before).to.be.below(200 * MEBIBYTE);
    expect((await ask(`${LOCKS}/GetLock`)).code).to.equal(CODE.exhausted);
    expect((await ask(`${HEALTH}/Check`)).code).to.equal(CODE.ok);
    one.destroy();
    await until('it is empty', async () => (await ask(`${LOCKS}/ListLocks`)).code === CODE.ok);
  });

  it('leave nothing counted that is answered after its caller has left', async () => {
    const pending = pendingHandler();
    await start({ handlers: new Map([[`${LOCKS}/GetLock`, pending.handler]]) });
    const stream = open(session(), `${LOCKS}/GetLock`);
    await until('it is under way', () => pending.call !== undefined);
    stream.close(8);
    await until('it is left', () => pending.call?.signal.aborted === true);
    pending.finish({ name: 'a' });
    // The answer has been written, and counted or not, before another call is answered.
    expect((await ask(`${LOCKS}/ListLocks`)).code).to.equal(CODE.ok);
    await until('all is counted back', () => servers.admission.inUse().requests === 0);
    expect(servers.admission.inUse().buffered_bytes).to.equal(0);
  });

  it('end a watch of large messages that nobody reads', async () => {
    const { handler } = manyMessages();
    await start({
      admission: { bufferedBytes: MEBIBYTE },
      handlers: new Map([[`${LOCKS}/WatchLock`, handler]]),
    });
    const one = session();
    for (let n = 0; n < 60; n++) open(one, `${LOCKS}/WatchLock`).pause();
    await until('some are ended', () => reasons().includes('BUFFER_LIMIT'));
  });

  it('don’t fill the memory with messages that do not come to an end', async () => {
    await start({ admission: { bufferedBytes: 4 * MEBIBYTE } });
    const one = session();
    const part = frame(Buffer.alloc(500_000), false, 4 * MEBIBYTE);
    const streams = Array.from({ length: 40 }, () => openCall(one, `${LEASES}/KeepAliveStream`));
    for (const stream of streams) {
      stream.write(frame(encode('KeepAliveStreamRequest', { leaseId: '5' })));
      stream.write(part);
    }
    const calm = (stream: ClientHttp2Stream): boolean => stream.rstCode === 11;
    await until('most are ended', () => streams.filter(calm).length >= 30);
    expect(servers.observer.refusals).to.include('grpc BUFFER_LIMIT');
    one.destroy();
    await until('it is empty', async () => (await ask(`${LOCKS}/ListLocks`)).code === CODE.ok);
  });

  it('don’t fill the memory with messages that are still at work', async () => {
    const stuck = unary((_: unknown, { signal }) => once(signal, 'abort').then(() => ({})));
    const handlers = new Map([[`${LOCKS}/Acquire`, stuck]]);
    await start({ admission: { bufferedBytes: 8 * MEBIBYTE }, handlers });
    const one = session();
    const large = frame(encode('AcquireRequest', { name: 'a', value: 'x'.repeat(3 * MEBIBYTE) }));
    const streams = Array.from({ length: 12 }, () => open(one, `${LOCKS}/Acquire`, large));
    await until('it is full', () => streams.some(({ rstCode }) => rstCode === 11));
    await until('some are at work', () => streams.some(({ closed }) => !closed));
    expect((await ask(`${HEALTH}/Check`)).code).to.equal(CODE.ok);
    one.destroy();
    await until('it is empty', async () => (await ask(`${LOCKS}/ListLocks`)).code === CODE.ok);
  });

  it('of renewals in a stream that find nothing are like others', async () => {
    const pending = pendingHandler();
    const handlers = new Map([[`${LOCKS}/GetLock`, pending.handler]]);
    await start({ admission: { requests: 1 }, handlers });
    const lease = await leaseOf(servers.daemon);
    const under = open(session(), `${LOCKS}/GetLock`);
    await until('it is under way', () => pending.call !== undefined);
    const address = `127.0.0.1:${servers.grpcPort}`;
    const clients = clientsOf(address, credentials.createInsecure());
    const stream = clients.leases.keepAliveStream();
    const codes: number[] = [];
    stream
      .on('data', ({ code }: { code: number }) => codes.push(code))
      .on('error', () => undefined);
    const renew = async (leaseId: string, times: number): Promise<number[]> => {
      codes.length = 0;
      for (let n = 0; n < times; n++) {
        stream.write({ leaseId });
        await until('it is answered', () => codes.length > n);
      }
      return codes.slice(-4);
    };
    expect(await renew('5', 15)).to.deep.equal([5, 5, 5, 5]);
    // One who renews something is none of those.
    expect(await renew(lease, 1)).to.deep.equal([0]);
    expect(await renew('five', 18)).to.deep.equal([3, 3, 8, 8]);
    expect(await renew(lease, 1)).to.deep.equal([8]);
    expect(servers.observer.refusals).to.include('grpc REQUEST_LIMIT');
    under.close(8);
    await until('there is room', async () => (await renew(lease, 1))[0] === 0);
    stream.cancel();
    clients.close();
  });

  it('of one stream are counted one after the other', () => {
    const frames = new Frames();
    const bytes = Buffer.concat([frame(Buffer.alloc(300)), EMPTY, frame(Buffer.alloc(70_000))]);
    const amounts = [1, 4, 6, 294, 5, 1, 5, 3, 30_000, 40_011].map((length, index, all) => {
      const from = all.slice(0, index).reduce((sum, each) => sum + each, 0);
      frames.read(bytes.subarray(from, from + length));
      return frames.latest;
    });
    expect(amounts).to.deep.equal([0, 0, 6, 300, 0, 0, 1, 4, 30_004, 70_000]);
  });

  it('of those who leave at once are not begun', async () => {
    await start();
    const one = session();
    const streams = Array.from({ length: 500 }, () => open(one, `${LOCKS}/GetLock`));
    for (const stream of streams) stream.close(8);
    const closed = streams.map(async (stream) => {
      if (!stream.closed) await once(stream, 'close');
    });
    await Promise.all(closed);
    expect(
      (await ask(`${LOCKS}/GetLock`, frame(encode('GetLockRequest', { name: 'a' })))).code,
    ).to.equal(CODE.ok);
    // What is begun at once in a turn, of a few turns.
    expect(servers.observer.entries.length).to.be.below(400);
  });

  it('end without a first message, when that has had its time', async () => {
    await start({ grpc: { readTimeoutMs: 300 } });
    for (const path of [`${LOCKS}/Hold`, `${LEASES}/KeepAliveStream`, REFLECTION]) {
      const stream = openCall(session(), path);
      expect((await statusOf(stream)).code, path).to.equal(CODE.late);
    }
    const open = openCall(session(), `${LEASES}/KeepAliveStream`);
    open.write(frame(encode('KeepAliveStreamRequest', { leaseId: '5' })));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(open.closed).to.equal(false);
    open.end();
    expect((await statusOf(open)).code).to.equal(CODE.ok);
  });

  it('are the caller’s fault where they are no messages, also of health and reflection', async () => {
    await start();
    const garbage = frame(Buffer.from([0xff, 0xff, 0xff]));
    for (const path of [`${HEALTH}/Check`, `${HEALTH}/Watch`, REFLECTION, `${LOCKS}/GetLock`]) {
      expect((await ask(path, garbage)).code, path).to.equal(CODE.invalid);
    }
    const squeezed = frame(Buffer.from('no gzip'), true);
    const status = await call(servers.grpcPort, `${LOCKS}/GetLock`, squeezed, {
      'grpc-encoding': 'gzip',
    });
    expect(status.code).to.equal(CODE.invalid);
    expect(servers.observer.entries.map(({ code }) => code)).not.to.include('INTERNAL');
  });
});
