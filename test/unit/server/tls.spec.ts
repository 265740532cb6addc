import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { TlsMaterial } from '../../../src/server/handlers/wire.js';
import { makeCertificates, readCertificates } from '../../support/certificates.js';
import { clientsOf } from '../../support/grpc-clients.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

interface Identity {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

function material({ cert, key }: Identity, clientCa?: Buffer): TlsMaterial {
  return { certificate: cert, key, ...(clientCa === undefined ? {} : { clientCa }) };
}

describe('TLS on both wires', () => {
  let folder: string;
  let first: Identity;
  let second: Identity;
  let servers: TestServers | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-tls-'));
    first = await readCertificates(await makeCertificates(folder, 'first'));
    second = await readCertificates(await makeCertificates(folder, 'second'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  afterEach(async () => {
    await servers?.stop();
    servers = undefined;
  });

  async function start(tls: TlsMaterial): Promise<TestServers> {
    servers = await startServers({ tls });
    return servers;
  }

  /** The status of /livez, or the code of what went wrong. */
  function livez(ca: Buffer, client?: Identity): Promise<string> {
    return new Promise((resolve) => {
      const identity = client === undefined ? {} : { cert: client.cert, key: client.key };
      const url = `https://127.0.0.1:${servers?.httpPort ?? 0}/livez`;
      get(url, { ca, ...identity, agent: false }, (response) => {
        response.resume();
        resolve(String(response.statusCode));
      }).on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    });
  }

  /** `held: false` of some lock, or what went wrong. */
  function getLock(ca: Buffer, client?: Identity): Promise<string> {
    const channel = credentials.createSsl(ca, client?.key ?? null, client?.cert ?? null);
    const clients = clientsOf(`127.0.0.1:${servers?.grpcPort ?? 0}`, channel);
    return new Promise((resolve) => {
      const deadline = Date.now() + 5000;
      clients.locks.getLock({ name: 'a' }, { deadline }, (error, response) => {
        clients.close();
        resolve(error === null ? `held: ${String(response?.held)}` : 'refused');
      });
    });
  }

  it('serves who trusts the authority, and nobody else', async () => {
    await start(material(first));
    expect(await livez(first.ca)).to.equal('200');
    expect(await getLock(first.ca)).to.equal('held: false');
    expect(await livez(second.ca)).not.to.equal('200');
    expect(await getLock(second.ca)).to.equal('refused');
  });

  it('shows new connections the new certificate, and leaves old ones alone', async () => {
    const { httpPort, grpc, http } = await start(material(first));
    const old = connect(httpPort, '127.0.0.1', { ca: first.ca });
    await new Promise((resolve) => old.once('secureConnect', resolve));
    for (const server of [grpc, http]) server.reloadTls(material(second));
    expect(await livez(second.ca)).to.equal('200');
    expect(await getLock(second.ca)).to.equal('held: false');
    expect(await livez(first.ca)).not.to.equal('200');
    expect(await getLock(first.ca)).to.equal('refused');
    old.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    const answer = await new Promise<Buffer>((resolve) => old.once('data', resolve));
    old.destroy();
    expect(answer.toString()).to.match(/^HTTP\/1.1 200/);
  });

  it('keeps the old certificate if the new one is no good', async () => {
    const { grpc, http } = await start(material(first));
    const bad = { certificate: first.cert, key: second.key };
    for (const server of [grpc, http]) {
      expect(() => server.reloadTls(bad)).to.throw();
      expect(() => server.reloadTls({ ...bad, key: Buffer.from('nonsense') })).to.throw();
    }
    expect(await livez(first.ca)).to.equal('200');
    expect(await getLock(first.ca)).to.equal('held: false');
  });

  it('asks for a certificate of the caller where an authority for them is given', async () => {
    await start(material(first, second.ca));
    expect(await livez(first.ca, second)).to.equal('200');
    expect(await getLock(first.ca, second)).to.equal('held: false');
    expect(await livez(first.ca)).not.to.equal('200');
    expect(await getLock(first.ca)).to.equal('refused');
    expect(await livez(first.ca, first)).not.to.equal('200');
    expect(await getLock(first.ca, first)).to.equal('refused');
  });

  it('tells who speaks HTTP without it to use https', async () => {
    const { httpPort } = await start(material(first));
    const socket = connectPlain(httpPort, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(answer).to.match(/^HTTP\/1\.1 400 .*\r\n\r\nthis port speaks TLS: use https:\/\/\n$/s);
    expect(await livez(first.ca)).to.equal('200');
  });

  it('can not be turned on by a reload', async () => {
    servers = await startServers();
    for (const server of [servers.grpc, servers.http]) {
      expect(() => server.reloadTls(material(first))).to.throw(/only by a restart/);
    }
  });
});
