import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { serverStream, unary } from '../../../../src/server/handlers/call.js';
import { RawConnection, request } from '../../../e2e/raw-http.js';
import { pendingHandler } from '../../../support/handlers.js';
import { until } from '../../../support/until.js';
import { startServers } from '../../../support/wire-servers.js';
import type { TestServerOptions, TestServers } from '../../../support/wire-servers.js';

const GET_LOCK = '/sharedlock.v1.LockService/GetLock';
const LIST = '/sharedlock.v1.LockService/ListLocks';
const ACQUIRE = '/sharedlock.v1.LockService/Acquire';
const WATCH = '/sharedlock.v1.LockService/WatchLock';
const MEBIBYTE = 1024 * 1024;

describe('HTTP requests in a flood', () => {
  let servers: TestServers;

  async function start(options: TestServerOptions = {}): Promise<void> {
    servers = await startServers(options);
  }

  afterEach(() => servers.stop());

  function ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${servers.httpPort}${path}`, init);
  }

  function post(path: string, body = '{}'): Promise<Response> {
    return ask(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  }

  async function reasonOf(response: Response): Promise<string | undefined> {
    const body = (await response.json()) as { details?: { reason?: string }[] };
    return body.details?.[0]?.reason;
  }

  function reasons(): (string | undefined)[] {
    return servers.observer.entries.map(({ reason }) => reason);
  }

  describe('behind each other on one connection', () => {
    it('are answered in order, one at a time', async () => {
      let underWay = 0;
      let most = 0;
      const handle = async ({ name }: { name: string }): Promise<object> => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 2));
        underWay--;
        return { name };
      };
      await start({ handlers: new Map([[GET_LOCK, unary(handle)]]) });
      const connection = new RawConnection(servers.httpPort);
      const names = Array.from({ length: 17 }, (_, index) => `n${index}`);
      connection.send(Buffer.concat(names.map((name) => request(`GET /v1/locks/${name}`))));
      for (const name of names) expect((await connection.answer()).body).to.contain(`"${name}"`);
      expect(most).to.equal(1);
      connection.send(request('GET /livez'));
      expect((await connection.answer()).status).to.equal(200);
      connection.end();
    });

    it('are too many at eighteen: the connection is closed', async () => {
      const pending = pendingHandler(() => new Error('gone'));
      await start({ handlers: new Map([[GET_LOCK, pending.handler]]) });
      const connection = new RawConnection(servers.httpPort);
      connection.send(Buffer.concat(Array(18).fill(request('GET /v1/locks/a'))));
      await connection.closed();
      await until('it is told', () => reasons().includes('PIPELINE_LIMIT'));
      expect(pending.call?.signal.aborted).to.equal(true);
    });

    it('by the thousand cost neither time nor memory', async () => {
      await start();
      const before = process.memoryUsage().rss;
      const flood = Buffer.concat(
        Array(2000).fill(request('GET /v1/locks', [`x: ${'y'.repeat(300)}`])),
      );
      const began = performance.now();
      const connections = Array.from({ length: 10 }, () =>
        new RawConnection(servers.httpPort).send(flood),
      );
      expect((await ask('/livez')).status).to.equal(200);
      await Promise.all(connections.map((connection) => connection.closed()));
      expect(performance.now() - began).to.be.below(5000);
      expect(process.memoryUsage().rss - before).to.be.below(200 * MEBIBYTE);
    });

    it('don’t hide that the caller of a wait has left', async () => {
      const pending = pendingHandler(() => new Error('gone'));
      await start({ handlers: new Map([[ACQUIRE, pending.handler]]) });
      for (const body of ['', 'x'.repeat(15_000)]) {
        const connection = new RawConnection(servers.httpPort);
        connection.send(request('POST /v1/locks/a:acquire', [], '{"wait":"60s"}'));
        connection.send(
          Buffer.concat(Array(16).fill(request('POST /v1/locks/b:acquire', [], body))),
        );
        await until('it waits', () => pending.call?.signal.aborted === false);
        connection.socket.end();
        await until('its leaving is seen', () => pending.call?.signal.aborted === true);
      }
    });

    it('are refused with a body that would stop the reading', async () => {
      const pending = pendingHandler(() => new Error('gone'));
      await start({ handlers: new Map([[ACQUIRE, pending.handler]]) });
      for (const second of [
        request('POST /v1/locks/b:acquire', [], 'x'.repeat(100_000)),
        request('POST /v1/locks/b:acquire', ['transfer-encoding: chunked']),
      ]) {
        const connection = new RawConnection(servers.httpPort);
        connection.send(request('POST /v1/locks/a:acquire')).send(second);
        await connection.closed();
      }
      await until('it is told', () => reasons().filter((r) => r === 'PIPELINE_LIMIT').length === 2);
    });
  });

  it('are refused above the limit, and taken on again below it', async () => {
    const pending = pendingHandler();
    await start({ admission: { requests: 2 }, handlers: new Map([[GET_LOCK, pending.handler]]) });
    const under = [ask('/v1/locks/a'), ask('/v1/locks/b')];
    await until('both are under way', () => pending.call !== undefined);
    await until('the limit is reached', async () => (await ask('/v1/locks')).status === 429);
    const refused = await post('/v1/leases', '');
    expect(refused.status).to.equal(429);
    expect(refused.headers.get('retry-after')).to.equal('1');
    expect(await reasonOf(refused)).to.equal('REQUEST_LIMIT');
    expect((await ask('/v1/locks/c:watch')).status).to.equal(200);
    // What keeps locks, and health.
    for (const path of ['/livez', '/readyz', '/health']) {
      expect((await ask(path)).status, path).to.equal(200);
    }
    expect((await post('/v1/leases/5:keepAlive')).status).to.equal(404);
    expect((await post('/v1/locks/a:release', '{"leaseId":"5"}')).status).to.equal(200);
    expect((await post('/keepalive', '5')).status).to.equal(204);
    await servers.stop();
    await Promise.allSettled(under);
  });

  it('of renewals that find nothing are like others, of a connection that finds something not', async () => {
    const pending = pendingHandler();
    await start({ admission: { requests: 1 }, handlers: new Map([[GET_LOCK, pending.handler]]) });
    const granted = (await (await post('/v1/leases', '{"ttl":"60s"}')).json()) as {
      grant: { leaseId: string };
    };
    const under = ask('/v1/locks/a');
    await until('it is under way', () => pending.call !== undefined);
    const answersOf = async (paths: readonly string[]): Promise<number[]> => {
      const connection = new RawConnection(servers.httpPort);
      const statuses: number[] = [];
      for (const path of paths) {
        const body = path === nothing ? withLease : '{}';
        connection.send(request(`POST /v1/${path}`, ['content-type: application/json'], body));
        statuses.push((await connection.answer()).status);
      }
      connection.end();
      return statuses;
    };
    const missing = Array<string>(15).fill('leases/5:keepAlive');
    const nothing = 'locks/a:release';
    const withLease = '{"leaseId":"5"}';
    const mine = `leases/${granted.grant.leaseId}:keepAlive`;
    expect((await answersOf([...missing, ...missing])).slice(14, 18)).to.deep.equal([
      404, 404, 429, 429,
    ]);
    expect((await answersOf([...missing, nothing, mine])).at(-1)).to.equal(429);
    // What is no renewal keeps nothing either.
    const malformed = Array<string>(16).fill('leases/five:keepAlive');
    expect((await answersOf([...malformed, mine])).slice(-2)).to.deep.equal([400, 429]);
    expect((await answersOf([...missing, mine, ...missing, mine])).at(-1)).to.equal(200);
    pending.finish({ name: 'a' });
    await under;
  });

  it('that wait have a limit of their own', async () => {
    await start({ admission: { openCalls: 1 } });
    const abort = new AbortController();
    const watch = await ask('/v1/locks/a:watch', { signal: abort.signal });
    expect(watch.status).to.equal(200);
    expect(await reasonOf(await ask('/v1/locks/b:watch'))).to.equal('OPEN_CALL_LIMIT');
    expect(await reasonOf(await post('/v1/locks/b:acquire'))).to.equal('OPEN_CALL_LIMIT');
    expect((await ask('/v1/locks')).status).to.equal(200);
    abort.abort();
    await until('it is left', async () => (await post('/v1/locks/b:acquire')).status === 200);
  });

  describe('whose answers nobody reads', () => {
    // More than the system keeps of what one connection sends.
    const name = 'x'.repeat(12 * MEBIBYTE);
    const large = unary(() => Promise.resolve({ locks: [{ name }] }));
    const CAP = 24 * MEBIBYTE;

    /** Asks and never reads. */
    async function deaf(path: string): Promise<ReturnType<typeof connect>> {
      const socket = connect(servers.httpPort, '127.0.0.1');
      await once(socket, 'connect');
      socket.pause();
      socket.write(request(`GET ${path}`));
      return socket;
    }

    it('are refused when these fill the memory for them', async () => {
      await start({ admission: { bufferedBytes: CAP }, handlers: new Map([[LIST, large]]) });
      const before = process.memoryUsage().rss;
      const sockets = await Promise.all(Array.from({ length: 40 }, () => deaf('/v1/locks')));
      await until('it is full', () => reasons().includes('BUFFER_LIMIT'));
      expect(process.memoryUsage().rss - before).to.be.below(250 * MEBIBYTE);
      expect(await reasonOf(await ask('/v1/locks/a'))).to.equal('BUFFER_LIMIT');
      expect((await post('/v1/leases/5:keepAlive')).status).to.equal(404);
      expect((await ask('/livez')).status).to.equal(200);
      for (const socket of sockets) socket.destroy();
      await until('it is empty', async () => (await ask('/v1/locks')).status === 200);
    });

    it('end a stream of large messages that can be gone on with', async () => {
      async function* events(): AsyncGenerator<object> {
        for (;;) yield await Promise.resolve({ holder: { value: 'x'.repeat(MEBIBYTE) } });
      }
      const watch = serverStream(() => Promise.resolve(events()));
      await start({ admission: { bufferedBytes: CAP }, handlers: new Map([[WATCH, watch]]) });
      const sockets = await Promise.all(
        Array.from({ length: 30 }, () => deaf('/v1/locks/a:watch')),
      );
      await until('some are ended', () => reasons().includes('BUFFER_LIMIT'));
      for (const socket of sockets) socket.destroy();
    });
  });

  it('don’t fill the memory with their bodies', async () => {
    await start({ admission: { bufferedBytes: 2 * MEBIBYTE } });
    const half = request('POST /v1/messages', [], 'x'.repeat(MEBIBYTE)).subarray(0, 600_000);
    const connections = Array.from({ length: 8 }, () =>
      new RawConnection(servers.httpPort).send(half),
    );
    await until('it is full', async () => (await ask('/v1/locks')).status === 429);
    // Neither under the name of a renewal.
    const renewal = await post('/v1/leases/5:keepAlive', `{"x":"${'y'.repeat(60_000)}"}`);
    expect(renewal.status).to.equal(429);
    expect((await post('/v1/leases/5:keepAlive')).status).to.equal(404);
    for (const connection of connections) connection.end();
    await until('it is empty', async () => (await ask('/v1/locks')).status === 200);
  });

  it('leave room for another address', async () => {
    const pending = pendingHandler();
    await start({
      admission: { requests: 20 },
      users: { countsLoopback: true },
      handlers: new Map([[GET_LOCK, pending.handler]]),
    });
    const many = Array.from({ length: 20 }, () =>
      new RawConnection(servers.httpPort, '127.0.0.2').send(request('GET /v1/locks/a')),
    );
    await until('one is refused', () => reasons().includes('REQUEST_SHARE'));
    expect((await ask('/v1/locks')).status).to.equal(200);
    for (const connection of many) connection.end();
  });
});
