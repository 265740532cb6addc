import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionsBelowOpenFiles } from '../../../../src/server/admission/open-files.js';
import { call, encode, frame, openCall, openSession, statusOf } from '../../../e2e/raw-grpc.js';
import { ask, RawConnection, request } from '../../../e2e/raw-http.js';
import { until } from '../../../support/until.js';
import { startServers } from '../../../support/wire-servers.js';
import type { TestServerOptions, TestServers } from '../../../support/wire-servers.js';

const LOCKS = '/sharedlock.v1.LockService';
const HEALTH = '/grpc.health.v1.Health/Check';
const EMPTY = frame(Buffer.alloc(0));

/** Not found out by signs of life, which a caller can give bit by bit. */
const SILENCE = { readTimeoutMs: 300, pingIntervalMs: 60_000 };

describe('connections in a flood', () => {
  let servers: TestServers;
  let sockets: Socket[];

  async function start(options: TestServerOptions): Promise<void> {
    sockets = [];
    servers = await startServers(options);
  }

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await servers.stop();
  });

  /** Says nothing. */
  async function silent(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket.resume(), 'connect');
    return socket;
  }

  function reasons(): (string | undefined)[] {
    return servers.observer.entries.map(({ reason }) => reason);
  }

  async function fill(count: number): Promise<void> {
    for (let n = 0; n < count; n++) await silent(n % 2 === 0 ? servers.grpcPort : servers.httpPort);
  }

  it('end when they say nothing to the gRPC port', async () => {
    await start({ grpc: SILENCE });
    const quiet = [await silent(servers.grpcPort), await silent(servers.grpcPort)];
    quiet[1]?.write('PRI * HTTP/2.0\r\n');
    // A caller who keeps a connection for later has said that it speaks HTTP/2.
    const idle = openSession(servers.grpcPort);
    await until('they are closed', () => quiet.every((socket) => socket.destroyed));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(idle.destroyed).to.equal(false);
    const status = statusOf(openCall(idle, `${LOCKS}/ListLocks`).end(EMPTY));
    expect((await status).code).to.equal(0);
    idle.destroy();
  });

  it('leave HTTP its health, renewals and releases, and refuse the rest', async () => {
    await start({ admission: { connections: 4 } });
    await fill(4);
    for (const path of ['/livez', '/readyz', '/health', '/metrics']) {
      const { status, headers } = await ask(servers.httpPort, request(`GET ${path}`));
      expect(status, path).to.equal(200);
      expect(headers.get('connection')).to.equal('close');
    }
    const renewal = request(
      'POST /v1/leases/5:keepAlive',
      ['content-type: application/json'],
      '{}',
    );
    expect((await ask(servers.httpPort, renewal)).status).to.equal(404);
    const refused = await ask(servers.httpPort, request('GET /v1/locks'));
    expect(refused.status).to.equal(429);
    expect(refused.body)
      .to.contain('CONNECTION_LIMIT')
      .and.contain('SHARED_LOCK_LIMIT_CONNECTIONS');
    sockets[0]?.destroy();
    await until('there is room', async () => {
      return (await ask(servers.httpPort, request('GET /v1/locks'))).status === 200;
    });
  });

  it('leave gRPC its health, and refuse the rest', async () => {
    await start({ admission: { connections: 4 } });
    await fill(4);
    expect((await call(servers.grpcPort, HEALTH, EMPTY)).code).to.equal(0);
    const guest = openSession(servers.grpcPort);
    const refused = statusOf(openCall(guest, `${LOCKS}/ListLocks`).end(EMPTY));
    expect((await refused).code).to.equal(8);
    // The next one may be no guest.
    await until('it is sent away', () => guest.closed);
    expect(reasons()).to.include('CONNECTION_LIMIT');
    const lease = frame(encode('KeepAliveRequest', { leaseId: '5' }));
    const renewal = await call(servers.grpcPort, '/sharedlock.v1.LeaseService/KeepAlive', lease);
    expect(renewal.code).to.equal(5);
    sockets[0]?.destroy();
    await until('there is room', async () => {
      return (await call(servers.grpcPort, `${LOCKS}/ListLocks`, EMPTY)).code === 0;
    });
  });

  it('keep nobody from asking for health, however many come', async () => {
    await start({ admission: { connections: 2 } });
    await fill(302);
    for (let n = 0; n < 3; n++) {
      expect((await ask(servers.httpPort, request('GET /readyz'))).status).to.equal(200);
      expect((await call(servers.grpcPort, HEALTH, EMPTY)).code).to.equal(0);
    }
    await until('the first guests are gone', () => sockets.filter((s) => s.destroyed).length > 200);
    expect(new Set(servers.observer.refusals)).to.deep.equal(
      new Set(['grpc CONNECTION_LIMIT', 'http CONNECTION_LIMIT']),
    );
    expect(sockets.slice(0, 2).map((socket) => socket.destroyed)).to.deep.equal([false, false]);
  });

  it('leave Unix sockets room, and end them too when they say nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sl-guests-'));
    try {
      await start({ admission: { connections: 2 }, grpc: SILENCE, http: { readTimeoutMs: 300 } });
      const path = join(folder, 'grpc');
      const httpPath = join(folder, 'http');
      await servers.grpc.listenUnix(path);
      await servers.http.listenUnix(httpPath);
      await fill(2);
      const quiet = [connect({ path }), connect({ path: httpPath })];
      sockets.push(...quiet);
      await Promise.all(quiet.map((socket) => once(socket.resume(), 'close')));
      const session = connectHttp2('http://unix', { createConnection: () => connect({ path }) });
      const asked = statusOf(openCall(session, `${LOCKS}/ListLocks`).end(EMPTY));
      expect((await asked).code).to.equal(0);
      session.destroy();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are counted on Unix sockets too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sl-counted-'));
    try {
      await start({ admission: { connections: 2 } });
      const paths = { http: join(folder, 'http'), grpc: join(folder, 'grpc') };
      await servers.http.listenUnix(paths.http);
      await servers.grpc.listenUnix(paths.grpc);
      for (const [open, path] of [paths.http, paths.grpc].entries()) {
        const { status } = await ask(servers.httpPort, request('GET /v1/locks'));
        expect(status).to.equal(200);
        const count = (): number | undefined => servers.admission.inUse().connections;
        await until('the connection of the request is closed', () => count() === open);
        const socket = connect({ path });
        sockets.push(socket);
        await once(socket.resume(), 'connect');
        await until('the new one is counted', () => count() === open + 1);
      }
      expect((await ask(servers.httpPort, request('GET /v1/locks'))).status).to.equal(429);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('of one address leave room for another', async () => {
    await start({ admission: { connections: 20 }, users: { countsLoopback: true } });
    for (let n = 0; n < 20; n++) await silent(servers.grpcPort, '127.0.0.2');
    const other = new RawConnection(servers.httpPort, '127.0.0.3');
    expect((await other.send(request('GET /v1/locks')).answer()).status).to.equal(200);
    const same = new RawConnection(servers.httpPort, '127.0.0.2');
    expect((await same.send(request('GET /v1/locks')).answer()).body).to.contain(
      'CONNECTION_SHARE',
    );
    other.end();
    same.end();
  });
});

describe('the limit of open files', () => {
  const limits = (soft: string) => () =>
    `Limit                     Soft Limit           Hard Limit           Units\n` +
    `Max processes             62887                62887                processes\n` +
    `Max open files            ${soft.padEnd(20)} 1048576              files\n`;

  it('leaves room for what else a daemon opens', () => {
    expect(connectionsBelowOpenFiles(limits('1024'))).to.equal(768);
    expect(connectionsBelowOpenFiles(limits('256'))).to.equal(128);
    expect(connectionsBelowOpenFiles(limits('unlimited'))).to.equal(Infinity);
    expect(connectionsBelowOpenFiles(() => '')).to.equal(Infinity);
    const missing = (): never => {
      throw new Error('ENOENT');
    };
    expect(connectionsBelowOpenFiles(missing)).to.equal(Infinity);
  });

  it('is told by the system that we run on', () => {
    expect(connectionsBelowOpenFiles()).to.be.above(1);
  });
});
