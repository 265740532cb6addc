import { lstatSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { unary } from '../../../src/server/handlers/call.js';
import { makeCertificates, readCertificates } from '../../support/certificates.js';
import { clientsOf } from '../../support/grpc-clients.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServerOptions, TestServers } from '../../support/wire-servers.js';

const GET_LOCK = '/sharedlock.v1.LockService/GetLock';

describe('both wires on Unix sockets', () => {
  let folder: string;
  let servers: TestServers;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-unix-'));
  });
  afterEach(async () => {
    await servers.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const http = (): string => join(folder, 'http.sock');
  const grpc = (): string => join(folder, 'grpc.sock');

  async function start(options: TestServerOptions = {}): Promise<void> {
    servers = await startServers(options);
    await servers.http.listenUnix(http());
    await servers.grpc.listenUnix(grpc());
  }

  function status(path: string, agent: Agent | false = false): Promise<number> {
    return new Promise((resolve, reject) => {
      get({ socketPath: http(), path, agent }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      }).once('error', reject);
    });
  }

  function getLock(): Promise<boolean | undefined> {
    const clients = clientsOf(`unix:${grpc()}`, credentials.createInsecure());
    return new Promise((resolve, reject) => {
      clients.locks.getLock({ name: 'a' }, { deadline: Date.now() + 5000 }, (error, response) => {
        clients.close();
        if (error === null) resolve(response?.held);
        else reject(error);
      });
    });
  }

  it('answers what the ports answer', async () => {
    await start();
    expect(await status('/v1/locks/a')).to.equal(200);
    expect(await status('/nothing')).to.equal(404);
    expect(await getLock()).to.equal(false);
  });

  it('leaves nothing in the folder but two sockets that only their owner may open', async () => {
    await start();
    expect(readdirSync(folder).sort()).to.deep.equal(['grpc.sock', 'http.sock']);
    for (const path of [http(), grpc()]) {
      const stat = lstatSync(path);
      expect(stat.isSocket()).to.equal(true);
      expect(stat.mode & 0o777).to.equal(0o600);
    }
  });

  it('needs no TLS where the ports have it', async () => {
    const { cert, key, ca } = await readCertificates(await makeCertificates(folder, 'tls'));
    await start({ tls: { certificate: cert, key, clientCa: ca } });
    expect(await status('/livez')).to.equal(200);
    expect(await getLock()).to.equal(false);
  });

  it('answers what is under way when it stops, and removes its files', async () => {
    const answers: (() => void)[] = [];
    let bothBegun: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (bothBegun = resolve));
    const slow = unary(() => {
      return new Promise((resolve) => {
        if (answers.push(() => resolve({ held: true })) === 2) bothBegun();
      });
    });
    await start({ handlers: new Map([[GET_LOCK, slow]]) });
    const agent = new Agent({ keepAlive: true });
    // Its connection stays, idle: that must not hold up the stop.
    expect(await status('/livez', agent)).to.equal(200);
    const asked = Promise.all([status('/v1/locks/a'), getLock()]);
    await begun;
    const stopped = Promise.all([servers.http.stop(20_000), servers.grpc.stop(20_000)]);
    expect(readdirSync(folder)).to.deep.equal([]);
    for (const answer of answers) answer();
    expect(await asked).to.deep.equal([200, true]);
    await stopped;
    agent.destroy();
  });

  it('aborts what does not finish in time', async () => {
    const endless = unary((_request: never, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('anything')));
        begin();
      });
    });
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    await start({ handlers: new Map([[GET_LOCK, endless]]) });
    const asked = status('/v1/locks/a');
    await begun;
    await servers.http.stop(20);
    expect(await asked).to.equal(503);
  });
});
