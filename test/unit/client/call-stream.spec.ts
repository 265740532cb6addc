import { setTimeout as sleep } from 'node:timers/promises';
import { Client as GrpcClient, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { status as codes } from '@grpc/grpc-js';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { expect } from 'chai';
import { connect } from '../../../src/client/client.js';
import type { Client } from '../../../src/client/client.js';
import { unary } from '../../../src/server/handlers/call.js';
import { faultOf } from '../../support/services.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';
import { DESCRIPTORS, startServers } from '../../support/wire-servers.js';
import type { TestServerOptions, TestServers } from '../../support/wire-servers.js';

const CALL_STREAM = 'sharedlock.v1.CallService/CallStream';
const GET_LOCK = '/sharedlock.v1.LockService/GetLock';
const asItIs = (bytes: Buffer): Buffer => bytes;

type Stream = ServerDuplexStream<object, object>;

/** As a daemon from before the stream has it. */
const unknown = (stream: Stream): void => {
  stream.emit('error', { code: codes.UNIMPLEMENTED, details: 'unknown' });
};

/** Takes the stream, and ends it without an answer at the first request. */
const endless = (stream: Stream): void => {
  const methods = DESCRIPTORS.methods.map(({ path }) => path.slice(1));
  const limits = { maxCalls: 100, maxRequestBytes: 1e6, maxFrameBytes: 1e5, maxFrameEntries: 100 };
  stream.write({ welcome: { methods, ...limits } });
  stream.once('data', () => stream.end());
};

/** Another daemon before the real one: only the stream of calls is its own. */
async function daemonWith(
  onStream: (stream: Stream) => void,
  address: string,
): Promise<{ readonly port: number; readonly attempts: () => number; stop(): void }> {
  let attempts = 0;
  const behind = new GrpcClient(address, credentials.createInsecure());
  const server = new Server();
  for (const { path, name, definition, requestStream, responseStream } of DESCRIPTORS.methods) {
    if (requestStream || responseStream) continue;
    const forward = (call: ServerUnaryCall<Buffer, Buffer>, back: sendUnaryData<Buffer>): void => {
      behind.makeUnaryRequest(path, asItIs, asItIs, call.request, back);
    };
    const raw = { ...definition, requestDeserialize: asItIs, responseSerialize: asItIs };
    server.addService({ [name]: raw }, { [name]: forward });
  }
  const stream = DESCRIPTORS.methods.find(({ path }) => path === `/${CALL_STREAM}`);
  if (stream === undefined) throw new Error('there is no stream of calls');
  const counted = (call: Stream): void => {
    attempts++;
    onStream(call);
  };
  server.addService({ CallStream: stream.definition }, { CallStream: counted });
  const insecure = ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', insecure, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const stop = (): void => {
    server.forceShutdown();
    behind.close();
  };
  return { port, attempts: () => attempts, stop };
}

describe('The calls of a client', function () {
  this.timeout(30_000);
  let servers: TestServers;
  let proxy: TcpProxy;
  let client: Client;

  async function start(options: TestServerOptions = {}): Promise<void> {
    servers = await startServers(options);
    proxy = await TcpProxy.start(`127.0.0.1:${servers.grpcPort}`);
    // With patience: a connection that is in doubt would be exchanged for another.
    client = connect({ address: `127.0.0.1:${proxy.port}`, deadlineMs: 60_000 });
  }

  afterEach(async () => {
    await client.close();
    await proxy.dispose();
    await servers.stop();
  });

  const streams = (): number =>
    servers.observer.entries.filter(({ method }) => method === CALL_STREAM).length;

  /** Two calls, and the welcome: from then on there is a stream. */
  async function warmUp(): Promise<void> {
    await client.locks.get('a');
    await client.locks.get('a');
    await sleep(200);
  }

  /** Others have it: those who wait need no renewals then, whose connections would be counted. */
  async function heldByOthers(): Promise<() => Promise<void>> {
    const other = connect({ address: `127.0.0.1:${servers.grpcPort}` });
    const lock = await other.acquire('busy');
    return async () => {
      await lock.release();
      await other.close();
    };
  }

  const queued = (count: number) => async (): Promise<boolean> =>
    (await client.locks.get('busy')).waiterCount === count;

  it('go over one stream of one connection, however many wait', async () => {
    await start();
    await warmUp();
    const release = await heldByOthers();
    const waits = Array.from({ length: 600 }, () =>
      client.locks.acquireOnce('busy', { waitMs: 60_000, mode: 'SHARED' }),
    );
    await until('all wait', queued(600), 20_000);
    expect(proxy.accepted).to.equal(1);
    expect(streams()).to.equal(0);
    await release();
    const outcomes = await Promise.all(waits);
    expect(outcomes.every(({ kind }) => kind === 'granted')).to.equal(true);
    await client.close();
    await until('their streams end', () => streams() > 0);
  });

  it('are made in order, and answered in any', async () => {
    await start();
    await warmUp();
    const counter = client.counter('order');
    const values = await Promise.all(
      Array.from({ length: 300 }, async () => (await counter.add(1n)).value),
    );
    expect(values).to.deep.equal(Array.from({ length: 300 }, (_, n) => BigInt(n + 1)));
  });

  it('need no stream if there is only one', async () => {
    await start();
    await client.locks.get('a');
    await client.close();
    await sleep(100);
    expect(servers.observer.entries.map(({ method }) => method)).to.not.include(CALL_STREAM);
  });

  it('go by themselves to a daemon that is older, which is asked once', async () => {
    await start();
    const older = await daemonWith(unknown, `127.0.0.1:${servers.grpcPort}`);
    const other = await TcpProxy.start(`127.0.0.1:${older.port}`);
    await using late = connect({ address: `127.0.0.1:${other.port}` });
    const counter = late.counter('older');
    for (let n = 0; n < 20; n++) await counter.add(1n);
    await Promise.all(Array.from({ length: 200 }, () => counter.add(1n)));
    // So long later it would be tried again, had it only failed.
    await sleep(1200);
    expect(await counter.get()).to.equal(220n);
    expect(older.attempts()).to.equal(1);
    expect(other.accepted).to.equal(1);
    await late.close();
    await other.dispose();
    older.stop();
  });

  it('are repeated over another connection when theirs breaks', async () => {
    await start();
    await warmUp();
    const counter = client.counter('cut');
    const adding = Promise.all(Array.from({ length: 200 }, () => counter.add(1n)));
    await new Promise((resolve) => setImmediate(resolve));
    proxy.cut();
    await adding;
    expect(await counter.get()).to.equal(200n);
  });

  it('are repeated when the stream ends, and the connection does not', async () => {
    await start();
    const ending = await daemonWith(endless, `127.0.0.1:${servers.grpcPort}`);
    await using other = connect({ address: `127.0.0.1:${ending.port}` });
    const counter = other.counter('ended');
    await counter.get();
    await counter.get();
    await until('there is a stream', () => ending.attempts() > 0);
    await sleep(200);
    await Promise.all(Array.from({ length: 20 }, () => counter.add(1n)));
    expect(await counter.get()).to.equal(20n);
    await other.close();
    ending.stop();
  });

  it('leave the queue when they are given up, and reset no stream', async () => {
    await start();
    await warmUp();
    const release = await heldByOthers();
    for (let round = 0; round < 6; round++) {
      const stop = new AbortController();
      const waits = Array.from({ length: 200 }, () =>
        faultOf(client.locks.acquireOnce('busy', { waitMs: 60_000, signal: stop.signal })),
      );
      await until('they wait', queued(200), 10_000);
      stop.abort(new Error('enough'));
      for (const error of await Promise.all(waits)) {
        expect(error).to.have.property('message', 'enough');
      }
      await until('none waits', queued(0), 10_000);
    }
    // 1,200 calls of their own that are reset would have worn out two connections.
    expect(proxy.accepted).to.equal(1);
    await release();
  });

  it('are not sent at all if they are given up in the same turn', async () => {
    await start();
    await warmUp();
    const before = servers.observer.entries.length;
    const stop = new AbortController();
    const wait = faultOf(client.locks.acquireOnce('x', { waitMs: 60_000, signal: stop.signal }));
    // The call is on its way to the end of the turn.
    for (let n = 0; n < 20; n++) await Promise.resolve();
    stop.abort(new Error('enough'));
    expect(await wait).to.have.property('message', 'enough');
    await client.locks.get('a');
    const after = servers.observer.entries.slice(before).map(({ method }) => method);
    expect(after).to.deep.equal(['sharedlock.v1.LockService/GetLock']);
  });

  it('time out when they are not answered, and say so', async () => {
    const never = unary(() => new Promise(() => undefined));
    await start({ handlers: new Map([[GET_LOCK, never]]) });
    await using hasty = connect({ address: `127.0.0.1:${servers.grpcPort}`, deadlineMs: 900 });
    const counter = hasty.counter('x');
    await counter.get();
    await counter.get();
    await sleep(200);
    const error = await faultOf(hasty.locks.get('a'));
    expect(error).to.include({ code: 'DEADLINE_EXCEEDED' });
    await until('it is given up', () =>
      servers.observer.entries.some(
        ({ code, method }) => code === 'CANCELLED' && method.endsWith('GetLock'),
      ),
    );
  });

  it('have errors with all that the daemon says', async () => {
    await start();
    await warmUp();
    const byStream = await faultOf(client.locks.get(''));
    await using single = connect({ address: `127.0.0.1:${servers.grpcPort}` });
    const byItself = await faultOf(single.locks.get(''));
    expect(byStream).to.deep.include({ code: 'INVALID_ARGUMENT', field: 'name' });
    expect(JSON.stringify(byStream)).to.equal(JSON.stringify(byItself));
  });

  it('go by themselves if they are too large for a frame', async () => {
    await start({
      grpc: { callStream: { calls: 10, requestBytes: 4000, frameBytes: 1000, frameEntries: 10 } },
    });
    await warmUp();
    const text = 'x'.repeat(5000);
    const digest = await client.messages.put(text);
    expect(await client.messages.get(digest)).to.equal(text);
    const many = Array.from({ length: 100 }, (_, n) =>
      client.messages.put(`${n}${'y'.repeat(700)}`),
    );
    expect(new Set(await Promise.all(many)).size).to.equal(100);
  });
});
