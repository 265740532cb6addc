import { credentials, Metadata, status as codes } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { expect } from 'chai';
import { Fault } from '../../../src/core/errors.js';
import { bidi, serverStream, unary } from '../../../src/server/handlers/call.js';
import type { Call, HandlerTable } from '../../../src/server/handlers/call.js';
import { ListenError } from '../../../src/server/handlers/wire.js';
import { encode, frame, openCall, openSession } from '../../e2e/raw-grpc.js';
import { clientsOf } from '../../support/grpc-clients.js';
import type { GrpcClients } from '../../support/grpc-clients.js';
import { manyMessages, pendingHandler } from '../../support/handlers.js';
import { until } from '../../support/until.js';
import { DESCRIPTORS, startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

const ACQUIRE = '/sharedlock.v1.LockService/Acquire';
const WATCH = '/sharedlock.v1.LockService/WatchLock';
const KEEP_ALIVE_STREAM = '/sharedlock.v1.LeaseService/KeepAliveStream';

describe('the gRPC server', () => {
  let servers: TestServers;
  let clients: GrpcClients;

  async function start(handlers: HandlerTable = new Map()): Promise<void> {
    servers = await startServers({ handlers });
    clients = clientsOf(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
  }

  afterEach(async () => {
    clients.close();
    await servers.stop();
  });

  function acquire(name: string, deadlineMs?: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
      clients.locks.acquire({ name }, options, (error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  }

  function errorOf(promise: Promise<unknown>): Promise<ServiceError> {
    return promise.then(
      () => {
        throw new Error('it went well');
      },
      (error: unknown) => error as ServiceError,
    );
  }

  it('sends the details of a fault as google.rpc.Status', async () => {
    await start();
    const error = await errorOf(acquire(''));
    expect(error.code).to.equal(codes.INVALID_ARGUMENT);
    const [bytes] = error.metadata.get('grpc-status-details-bin');
    const status = DESCRIPTORS.codec('google.rpc.Status').deserialize(bytes as Buffer);
    expect(status).to.deep.include({ code: 3, message: error.details });
  });

  it('shows of a defect only a reference', async () => {
    await start(new Map([[ACQUIRE, unary(() => Promise.reject(new TypeError('secret')))]]));
    const error = await errorOf(acquire('a'));
    expect(error).to.include({ code: codes.INTERNAL, details: 'internal error, reference ref1' });
    expect(servers.observer.defects.map(String)).to.deep.equal(['TypeError: secret']);
  });

  it('tells a handler its deadline on the monotonic clock, and aborts it then', async () => {
    const waiting = pendingHandler(() => new Error('anything'));
    await start(new Map([[ACQUIRE, waiting.handler]]));
    const before = performance.now();
    const error = await errorOf(acquire('a', 500));
    expect(error.code).to.equal(codes.DEADLINE_EXCEEDED);
    await until('the call is aborted', () => waiting.call?.signal.aborted === true);
    expect(waiting.call?.deadlineMs).to.be.within(before + 100, before + 600);
    await until('it is counted', () => servers.observer.rpcs.length === 1);
    expect(servers.observer.rpcs[0]?.code).to.be.oneOf(['DEADLINE_EXCEEDED', 'CANCELLED']);
    expect(servers.observer.defects).to.be.empty;
  });

  it('does not read on from a stream whose caller does not read', async () => {
    const many = manyMessages();
    await start(new Map([[WATCH, many.handler]]));
    // Not grpc-js's client: it reads on, whether somebody takes what it read or not.
    const session = openSession(servers.grpcPort);
    const stream = openCall(session, WATCH).pause();
    stream.end(frame(encode('WatchLockRequest', { name: 'a' })));
    await until('it is read', () => many.made > 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = many.made;
    await new Promise((resolve) => setTimeout(resolve, 300));
    session.destroy();
    expect(before).to.be.below(100);
    expect(many.made).to.equal(before);
  });

  it('reads no more requests than its handler takes', async () => {
    let taken = 0;
    async function* lazy(requests: AsyncIterable<never>): AsyncGenerator<object> {
      for await (const _ of requests) {
        taken++;
        await new Promise(() => undefined);
        yield {};
      }
    }
    await start(new Map([[KEEP_ALIVE_STREAM, bidi(lazy)]]));
    const session = openSession(servers.grpcPort);
    const stream = openCall(session, KEEP_ALIVE_STREAM);
    const request = frame(encode('KeepAliveStreamRequest', { leaseId: '1' }));
    const many = Buffer.concat(Array.from({ length: 1000 }, () => request));
    let sentBytes = 0;
    const pump = (): void => {
      while (stream.write(many)) sentBytes += many.length;
      stream.once('drain', pump);
    };
    pump();
    await until('a request is taken', () => taken === 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = sentBytes;
    await new Promise((resolve) => setTimeout(resolve, 300));
    session.destroy();
    expect(sentBytes).to.equal(before);
    expect(sentBytes).to.be.below(1_000_000);
  });

  it('answers each renewal of a stream, the bad ones too, until the caller ends it', async () => {
    await start();
    const { grant } = (await acquire('renewed')) as { grant: { leaseId: string } };
    const stream = clients.leases.keepAliveStream();
    const codesByLease = new Map<string, number>();
    const ended = new Promise((resolve, reject) => {
      stream.on('data', ({ leaseId, code }: { leaseId: string; code: number }) => {
        codesByLease.set(leaseId, code);
      });
      stream.on('end', resolve);
      stream.on('error', reject);
    });
    for (const leaseId of [grant.leaseId, '5', '-1']) stream.write({ leaseId });
    stream.end();
    await ended;
    expect([...codesByLease].sort()).to.deep.equal(
      [
        [grant.leaseId, 0],
        ['5', 5],
        ['-1', 3],
      ].sort(),
    );
  });

  it('aborts the handler of a stream whose caller goes away', async () => {
    let call: Call | undefined;
    async function* silent(itsCall: Call): AsyncGenerator<object> {
      call = itsCall;
      await new Promise((resolve) => itsCall.signal.addEventListener('abort', resolve));
      yield* [];
    }
    await start(
      new Map([[WATCH, serverStream((_: never, itsCall) => Promise.resolve(silent(itsCall)))]]),
    );
    const stream = clients.locks.watchLock({ name: 'a' });
    stream.on('error', () => undefined);
    await until('the call has come', () => call !== undefined);
    stream.cancel();
    await until('the call is aborted', () => call?.signal.aborted === true);
    await until('it is counted', () => servers.observer.rpcs.length === 1);
    expect(servers.observer.rpcs[0]?.code).to.equal('CANCELLED');
    expect(servers.observer.entries[0]).to.have.property('error', 'the caller went away');
  });

  it('says how each service does, and tells of changes', async () => {
    await start();
    const service = 'sharedlock.v1.LockService';
    const check = (name: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        clients.health.check({ service: name }, (error, response) => {
          if (error === null) resolve(response);
          else reject(error);
        });
      });
    expect(await check(service)).to.deep.equal({ status: 'NOT_SERVING' });
    const seen: unknown[] = [];
    const watch = clients.health.watch({ service });
    watch.on('data', ({ status }: { status: string }) => seen.push(status));
    watch.on('error', () => undefined);
    await until('a status is told', () => seen.length === 1);
    servers.grpc.setServing(service, true);
    await until('a status is told', () => seen.length === 2);
    expect(seen).to.deep.equal(['NOT_SERVING', 'SERVING']);
    expect((await errorOf(check('nothing'))).code).to.equal(codes.NOT_FOUND);
    watch.cancel();
  });

  it('logs each call, also those that never reach a handler', async () => {
    await start();
    await acquire('logged');
    const metadata = new Metadata();
    metadata.set('x-large', 'a'.repeat(20_000));
    await new Promise((resolve) => clients.locks.acquire({ name: 'a' }, metadata, resolve));
    await until('it is in the log', () => servers.observer.entries.length === 2);
    const [good, bad] = servers.observer.entries;
    const method = ACQUIRE.slice(1);
    expect(good).to.include({ wire: 'grpc', method, name: 'logged', code: 'OK' });
    expect(good).not.to.have.any.keys('httpStatus', 'reason', 'error');
    expect(good?.peer).to.match(/^127\.0\.0\.1:\d+$/);
    expect(good?.bytes).to.be.above(5);
    expect(bad).to.include({ method, code: 'RESOURCE_EXHAUSTED', bytes: 0 });
    expect(bad?.error).to.contain('metadata');
  });

  it('logs the word of a fault for programs', async () => {
    await start();
    await errorOf(
      new Promise((resolve, reject) => {
        clients.leases.keepAlive({ leaseId: '4711' }, (error) => {
          if (error === null) resolve(undefined);
          else reject(error);
        });
      }),
    );
    await until('it is in the log', () => servers.observer.entries.length === 1);
    const [entry] = servers.observer.entries;
    expect(entry).to.include({ code: 'NOT_FOUND', reason: 'LEASE_NOT_FOUND' });
    expect(entry?.error).to.contain('no such lease').and.not.to.contain('4711');
  });

  it('says which address it can not have', async () => {
    await start();
    const ports = { grpcPort: servers.grpcPort };
    const error = await startServers({ ports }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ListenError).and.include({ code: 'EADDRINUSE' });
  });
});

describe('stopping the gRPC server', () => {
  it('tells streams at once, lets calls finish, and does not wait for idle connections', async () => {
    const slow = pendingHandler();
    const servers = await startServers({ handlers: new Map([[ACQUIRE, slow.handler]]) });
    const clients = clientsOf(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
    const watched = endOf(clients.locks.watchLock({ name: 'a' }));
    const renewing = clients.leases.keepAliveStream();
    const renewed = endOf(renewing);
    const healthy = endOf(clients.health.watch({ service: '' }));
    const acquired = new Promise((resolve) => {
      clients.locks.acquire({ name: 'a' }, (error, response) => resolve(error ?? response));
    });
    await until('the call has come', () => slow.call !== undefined);
    const stopped = servers.grpc.stop(10_000);
    expect(await watched).to.equal(codes.UNAVAILABLE);
    expect(await renewed).to.equal(codes.UNAVAILABLE);
    expect(await healthy).to.equal(codes.OK);
    slow.finish({ acquired: true });
    expect(await acquired).to.include({ acquired: true });
    await stopped;
    clients.close();
    await servers.stop();
  });

  it('lets a call under way go on for the whole time, however often signs of life are asked for', async () => {
    const slow = pendingHandler();
    const servers = await startServers({
      handlers: new Map([[ACQUIRE, slow.handler]]),
      // In the time of the call all of them come due more than once.
      grpc: { pingIntervalMs: 100, pingTimeoutMs: 300 },
    });
    const clients = clientsOf(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
    const acquired = new Promise((resolve) => {
      clients.locks.acquire({ name: 'a' }, (error, response) => resolve(error ?? response));
    });
    await until('the call has come', () => slow.call !== undefined);
    const stopped = servers.grpc.stop(20_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    slow.finish({ acquired: true });
    expect(await acquired).to.include({ acquired: true });
    await stopped;
    clients.close();
    await servers.stop();
  });

  it('aborts what does not finish in time', async () => {
    const endless = pendingHandler();
    const servers = await startServers({ handlers: new Map([[ACQUIRE, endless.handler]]) });
    const clients = clientsOf(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
    const acquired = new Promise<ServiceError | null>((resolve) => {
      clients.locks.acquire({ name: 'a' }, resolve);
    });
    await until('the call has come', () => endless.call !== undefined);
    const startMs = performance.now();
    await servers.grpc.stop(100);
    expect(performance.now() - startMs).to.be.below(5000);
    expect((await acquired)?.code).to.be.oneOf([codes.UNAVAILABLE, codes.CANCELLED]);
    // Its connection was cut, not only left alone.
    expect(performance.now() - startMs).to.be.below(5000);
    clients.close();
    await servers.stop();
  });

  it('gives the reason to a call that it aborts', async () => {
    const waiting = pendingHandler(() => new Fault('CANCELLED', 'gone'));
    const servers = await startServers({ handlers: new Map([[ACQUIRE, waiting.handler]]) });
    const clients = clientsOf(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
    const acquired = new Promise<ServiceError | null>((resolve) => {
      clients.locks.acquire({ name: 'a' }, resolve);
    });
    await until('the call has come', () => waiting.call !== undefined);
    await servers.grpc.stop(50);
    expect((await acquired)?.details).to.contain('the daemon is stopping');
    clients.close();
    await servers.stop();
  });
});

/** The code that a stream ends with. */
function endOf(stream: NodeJS.EventEmitter): Promise<number> {
  return new Promise((resolve) => {
    stream.on('data', () => undefined);
    stream.on('error', () => undefined);
    stream.on('status', ({ code }: { code: number }) => resolve(code));
  });
}
