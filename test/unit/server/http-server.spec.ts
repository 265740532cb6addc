import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Fault } from '../../../src/core/errors.js';
import { serverStream, unary } from '../../../src/server/handlers/call.js';
import type { HandlerTable } from '../../../src/server/handlers/call.js';
import { ListenError } from '../../../src/server/handlers/wire.js';
import { manyMessages, pendingHandler } from '../../support/handlers.js';
import { until } from '../../support/until.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServerOptions, TestServers } from '../../support/wire-servers.js';

const ACQUIRE = '/sharedlock.v1.LockService/Acquire';
const WATCH = '/sharedlock.v1.LockService/WatchLock';

interface OpenapiOperation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly responses: object;
}

describe('the HTTP server', () => {
  let servers: TestServers | undefined;

  async function start(options: TestServerOptions = {}): Promise<TestServers> {
    servers = await startServers(options);
    return servers;
  }

  afterEach(async () => {
    await servers?.stop();
    servers = undefined;
  });

  function ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${servers?.httpPort ?? 0}${path}`, init);
  }

  function post(path: string, body = ''): Promise<Response> {
    return ask(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  }

  it('ends an answer with a newline, for who reads it at a terminal', async () => {
    await start();
    for (const path of ['/v1/locks/a:acquire', '/v1/locks/a:release', '/v1/nothing']) {
      expect(await (await post(path)).text()).to.match(/^\{.*\}\n$/);
    }
  });

  function failing(error: Error): HandlerTable {
    return new Map([[ACQUIRE, unary(() => Promise.reject(error))]]);
  }

  it('tells whether it lives, is ready, and its metrics', async () => {
    await start();
    for (const [path, text] of [
      ['/livez', 'ok\n'],
      ['/readyz', 'ok\n'],
      ['/health', ''],
      ['/metrics', 'a_metric 1\n'],
    ] as const) {
      const response = await ask(path);
      expect(response.status).to.equal(200);
      expect(await response.text()).to.equal(text);
    }
  });

  it('is alive but not ready while the store is out of reach, and says why', async () => {
    await start({ readiness: { ready: false, detail: 'etcd does not answer' } });
    const response = await ask('/readyz');
    expect(response.status).to.equal(503);
    expect(await response.text()).to.equal('not ready: etcd does not answer\n');
    expect((await ask('/livez')).status).to.equal(200);
  });

  it('answers HEAD without a body', async () => {
    await start();
    const response = await ask('/v1/locks', { method: 'HEAD' });
    expect(response.status).to.equal(200);
    expect(await response.text()).to.equal('');
    expect((await ask('/v1/locks/a:watch', { method: 'HEAD' })).status).to.equal(405);
  });

  it('says in no answer that it may be cached', async () => {
    await start();
    expect((await post('/v1/leases')).headers.get('cache-control')).to.equal('no-store');
  });

  it('writes faults as google.rpc.Status, with Retry-After where it helps to ask again', async () => {
    const fault = new Fault('RESOURCE_EXHAUSTED', 'too many wait', {
      reason: 'QUEUE_FULL',
      retryAfterMs: 2500,
    });
    await start({ handlers: failing(fault) });
    const response = await post('/v1/locks/a:acquire');
    expect(response.status).to.equal(429);
    expect(response.headers.get('retry-after')).to.equal('3');
    const body = (await response.json()) as { code: number; details: { reason?: string }[] };
    expect(body).to.include({ code: 8, message: 'too many wait' });
    expect(body.details[0]?.reason).to.equal('QUEUE_FULL');
  });

  it('shows of a defect only a reference, which the log has too', async () => {
    const defect = new TypeError('secret 123 at /etc/passwd');
    const { observer } = await start({ handlers: failing(defect) });
    const response = await post('/v1/locks/a:acquire');
    expect(response.status).to.equal(500);
    expect(await response.json()).to.deep.equal({
      code: 13,
      message: 'internal error, reference ref1',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          ...{ reason: 'DEFECT', domain: 'shared-lock', metadata: {} },
        },
      ],
    });
    expect(observer.defects).to.deep.equal([defect]);
  });

  it('logs the name of an RPC, never what was in the path', async () => {
    const { observer } = await start();
    const { grant } = (await (await post('/v1/leases')).json()) as { grant: { leaseId: string } };
    await ask(`/v1/leases/${grant.leaseId}`);
    await ask(`/nothing/${grant.leaseId}`);
    await until('it is in the log', () => observer.entries.length === 3);
    expect(observer.entries.map(({ method, httpStatus }) => [method, httpStatus])).to.deep.equal([
      ['sharedlock.v1.LeaseService/CreateLease', 200],
      ['sharedlock.v1.LeaseService/GetLease', 200],
      ['(none)', 404],
    ]);
    expect(JSON.stringify([observer.entries, observer.rpcs])).not.to.contain(grant.leaseId);
  });

  it('logs who asked for what, and what went wrong', async () => {
    const { observer } = await start();
    await post(
      '/v1/locks/orders%2F7:acquire',
      JSON.stringify({ owner: 'me', requestId: 'secret-id', ttl: '60s' }),
    );
    await post('/v1/locks/orders:release', JSON.stringify({ leaseId: '7' }));
    await post('/v1/locks/orders:acquire', JSON.stringify({ ttl: 'soon' }));
    await post('/lease', JSON.stringify({ key: 'old' }));
    await post('/lease', JSON.stringify({}));
    await until('it is in the log', () => observer.entries.length === 5);
    const common = { wire: 'http' } as const;
    const [acquire, release, bad, old, oldBad] = observer.entries;
    expect(acquire?.peer).to.match(/^127\.0\.0\.1:\d+$/);
    expect(acquire).to.include({
      ...{ ...common, method: 'sharedlock.v1.LockService/Acquire', code: 'OK', httpStatus: 200 },
      ...{ name: 'orders/7', owner: 'me' },
    });
    expect(acquire).not.to.have.any.keys('reason', 'error');
    // Who knows the id is given the grant, its lease ID included.
    expect(JSON.stringify(observer.entries)).not.to.contain('secret-id');
    expect(release).to.include({ name: 'orders', code: 'OK', httpStatus: 200 });
    expect(bad).to.include({ name: 'orders', code: 'INVALID_ARGUMENT', httpStatus: 400 });
    expect(bad?.error).to.contain('ttl');
    expect(old).to.include({ ...common, method: 'POST /lease', name: 'old', code: 'OK' });
    expect(oldBad).to.include({ code: 'INVALID_ARGUMENT', httpStatus: 400 });
    expect(oldBad?.error).to.contain('key');
  });

  it('logs the word of a fault for programs', async () => {
    const { observer } = await start();
    await post('/v1/leases/4711:keepAlive');
    await until('it is in the log', () => observer.entries.length === 1);
    expect(observer.entries[0]).to.include({ code: 'NOT_FOUND', reason: 'LEASE_NOT_FOUND' });
    expect(observer.entries[0]?.error).to.contain('no such lease').and.not.to.contain('4711');
  });

  it('tells the metrics of each RPC with its code', async () => {
    const { observer } = await start();
    await ask('/v1/locks/a');
    await ask('/v1/locks/..%2F');
    await until('it is counted', () => observer.rpcs.length === 2);
    expect(observer.rpcs.map(({ method, wire, code }) => [method, wire, code])).to.deep.equal([
      ['GetLock', 'http', 'OK'],
      ['GetLock', 'http', 'INVALID_ARGUMENT'],
    ]);
    expect(observer.entries[0]?.bytes).to.be.above(50);
  });

  it('aborts the call of a caller who goes away', async () => {
    const waiting = pendingHandler(({ signal }) => signal.reason as Error);
    const { observer } = await start({ handlers: new Map([[ACQUIRE, waiting.handler]]) });
    const caller = new AbortController();
    const response = ask('/v1/locks/a:acquire', { method: 'POST', signal: caller.signal }).catch(
      (error: unknown) => error,
    );
    await until('the call has come', () => waiting.call !== undefined);
    caller.abort();
    await response;
    await until('the call is aborted', () => waiting.call?.signal.aborted === true);
    await until('it is in the log', () => observer.entries.length === 1);
    expect(observer.entries[0]).to.include({ httpStatus: 499, code: 'CANCELLED' });
    expect(observer.rpcs[0]?.code).to.equal('CANCELLED');
    expect(observer.defects).to.be.empty;
  });

  it('answers an error of a stream that has not begun with a status', async () => {
    await start();
    expect((await ask('/v1/locks/a:watch?from_revision=-1')).status).to.equal(400);
  });

  it('ends a stream that fails with an event `error`', async () => {
    async function* broken(): AsyncGenerator<object> {
      yield await Promise.resolve({ kind: 'STATE', revision: 7 });
      throw new Fault('RESOURCE_EXHAUSTED', 'too slow', {
        metadata: { revision: '7' },
        reason: 'SLOW',
      });
    }
    const { observer } = await start({
      handlers: new Map([[WATCH, serverStream(() => Promise.resolve(broken()))]]),
    });
    const text = await (await ask('/v1/locks/a:watch')).text();
    expect(text).to.match(
      /^id: 7\ndata: \{"kind":"STATE","revision":"7"\}\n\nevent: error\ndata: \{"code":8,/,
    );
    await until('it is counted', () => observer.rpcs.length === 1);
    expect(observer.rpcs[0]?.code).to.equal('RESOURCE_EXHAUSTED');
  });

  it('does not read on from a stream whose caller does not read', async () => {
    const many = manyMessages();
    await start({ handlers: new Map([[WATCH, many.handler]]) });
    const caller = new AbortController();
    await ask('/v1/locks/a:watch', { signal: caller.signal });
    await until('it reads on no more', async () => {
      const before = many.made;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return before > 0 && many.made === before;
    });
    caller.abort();
    // Some MB fit into the buffers of the sockets.
    expect(many.made).to.be.below(500);
  });

  it('serves the document of its routes, with the comments of the .proto files', async () => {
    await start();
    const document = (await (await ask('/openapi.json')).json()) as {
      openapi: string;
      info: { version: string };
      servers: unknown;
      security: unknown;
      tags: { name: string }[];
      paths: Record<string, Record<string, OpenapiOperation>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).to.equal('3.1.0');
    expect(document.info.version).to.equal('1.2.3');
    expect(document.paths).to.include.keys('/lease', '/keepalive', '/v1/locks/{name}:acquire');
    expect(document.paths['/v1/locks/{name}:acquire']?.post?.description).to.contain(
      'Takes a lock',
    );
    expect(document).to.deep.include({ servers: [{ url: '/' }], security: [] });
    const tags = document.tags.map(({ name }) => name);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [verb, operation] of Object.entries(item)) {
        expect(operation.summary, `${verb} ${path}`).to.match(/\w/);
        expect(Object.keys(operation.responses).join(), `${verb} ${path}`).to.match(/\b4/);
        expect(tags).to.include.members(operation.tags);
      }
    }
    const amLeader = document.paths['/v1/elections/{name}:amLeader']?.get?.responses;
    expect(amLeader).to.include.keys('200', '503');
    // What answers always have is required; what a caller may leave out is not.
    const { schemas } = document.components;
    expect(schemas['sharedlock.v1.Lock']).to.deep.include.keys('required');
    expect(schemas['sharedlock.v1.AcquireResponse']).to.deep.include({
      required: ['acquired', 'holders'],
    });
    for (const sent of ['AcquireRequest', 'Fence']) {
      expect(schemas[`sharedlock.v1.${sent}`]).not.to.have.property('required');
    }
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).to.include.keys(name);
    }
  });

  it('says which address it can not have', async () => {
    const { httpPort } = await start();
    const error = await startServers({ ports: { httpPort } }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ListenError).and.include({ code: 'EADDRINUSE' });
  });
});

describe('stopping the HTTP server', () => {
  it('ends streams at once, lets requests finish, and takes no new connections', async () => {
    const slow = pendingHandler();
    const servers = await startServers({ handlers: new Map([[ACQUIRE, slow.handler]]) });
    const url = `http://127.0.0.1:${servers.httpPort}`;
    const stream = fetch(`${url}/v1/locks/a:watch`).then((response) => response.text());
    const request = fetch(`${url}/v1/locks/a:acquire`, { method: 'POST' });
    await until('the call has come', () => slow.call !== undefined);
    const stopped = servers.http.stop(10_000);
    const text = await stream;
    expect(text).to.contain('event: error').and.contain('"code":14');
    const refused = await fetch(`${url}/livez`).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Error);
    slow.finish({ acquired: false });
    const response = await request;
    expect(response.status).to.equal(200);
    expect(response.headers.get('connection')).to.equal('close');
    await stopped;
    await servers.stop();
  });

  it('does not wait for connections on which nothing was asked', async () => {
    const servers = await startServers();
    const silent = connect(servers.httpPort, '127.0.0.1');
    await once(silent, 'connect');
    // An answer on another connection: so the server has taken the first one too.
    await fetch(`http://127.0.0.1:${servers.httpPort}/livez`);
    const closed = once(silent.resume(), 'close');
    await servers.http.stop(60_000);
    await closed;
    await servers.stop();
  });

  it('aborts what does not finish in time', async () => {
    const endless = pendingHandler(() => new Error('anything'));
    const servers = await startServers({ handlers: new Map([[ACQUIRE, endless.handler]]) });
    const request = fetch(`http://127.0.0.1:${servers.httpPort}/v1/locks/a:acquire`, {
      method: 'POST',
    });
    await until('the call has come', () => endless.call !== undefined);
    await servers.http.stop(50);
    const response = await request;
    expect(response.status).to.equal(503);
    expect(response.headers.get('retry-after')).to.equal('1');
    expect(servers.observer.defects).to.be.empty;
    await servers.stop();
  });
});
