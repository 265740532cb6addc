import dns from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectTo } from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { ListenError } from '../../../src/server/handlers/wire.js';
import { Listeners } from '../../../src/server/http/listeners.js';
import { makeCertificates, readPair } from '../../support/certificates.js';
import type { CertificateFiles } from '../../support/certificates.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers, TestServerOptions } from '../../support/wire-servers.js';

const [FIRST, SECOND] = ['127.0.0.1', '127.0.0.2'];
/** Of a documentation network: no machine has it. */
const NOT_OURS = '192.0.2.1';

const { lookup } = dns;
let servers: TestServers | undefined;

/** Few machines have such a name, so the resolver is told of one. */
function resolveTo(addresses: readonly string[]): void {
  const found = addresses.map((address) => ({ address, family: 4 }));
  // Of its overloads this is the one that is called.
  Reflect.set(dns, 'lookup', () => Promise.resolve(found));
  syncBuiltinESMExports();
}

async function cleanUp(): Promise<void> {
  dns.lookup = lookup;
  syncBuiltinESMExports();
  await servers?.stop();
  servers = undefined;
}

/** Somebody else listens at that address. */
async function occupy(host: string, port = 0): Promise<{ port: number; close(): void }> {
  const other = createServer().listen(port, host);
  await once(other, 'listening');
  // It listens on TCP.
  return { port: (other.address() as AddressInfo).port, close: () => void other.close() };
}

describe('The HTTP server on a name with several addresses', () => {
  afterEach(cleanUp);

  const start = async (
    addresses: readonly string[],
    options: TestServerOptions = {},
  ): Promise<TestServers> => {
    resolveTo(addresses);
    servers = await startServers({ ...options, httpHost: 'two.example' });
    return servers;
  };

  const exchange = async (host: string, port: number, request: string): Promise<string> => {
    const socket = connect(port, host);
    socket.end(request);
    return text(socket);
  };

  it('serves all of them on one port', async () => {
    const { httpPort } = await start([FIRST, SECOND]);
    for (const host of [FIRST, SECOND]) {
      const response = await fetch(`http://${host}:${httpPort}/livez`);
      expect(response.status, host).to.equal(200);
    }
  });

  it('answers and tells of what is no request on each', async () => {
    const { httpPort, observer } = await start([FIRST, SECOND]);
    for (const host of [FIRST, SECOND]) {
      expect(await exchange(host, httpPort, 'nonsense\r\n\r\n')).to.match(/^HTTP\/1\.1 400 /);
    }
    expect(observer.entries.map(({ httpStatus }) => httpStatus)).to.deep.equal([400, 400]);
  });

  it('leaves out an address that this machine does not have', async () => {
    const { httpPort } = await start([NOT_OURS, SECOND]);
    expect((await fetch(`http://${SECOND}:${httpPort}/livez`)).status).to.equal(200);
  });

  it('can not listen if it has none of them', async () => {
    const error = await start([NOT_OURS]).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ListenError).and.include({ code: 'EADDRNOTAVAIL' });
  });

  it('can not listen if the port of one is in use', async () => {
    const other = await occupy(SECOND);
    const error = await start([FIRST, SECOND], { ports: { httpPort: other.port } }).catch(
      (reason: unknown) => reason,
    );
    other.close();
    expect(error).to.be.instanceOf(ListenError).and.include({ code: 'EADDRINUSE' });
  });

  it('takes another free port if the first one is in use at the second', async () => {
    resolveTo([FIRST, SECOND]);
    const first = createHttpServer();
    let other: Server | undefined;
    const listeners = new Listeners(first, () => {
      // It listens on TCP by now. Somebody else is faster, once.
      other ??= createServer().listen((first.address() as AddressInfo).port, SECOND);
      return createHttpServer((_, response) => response.end());
    });
    const port = await listeners.listen('two.example', 0);
    expect(other?.address()).to.not.include({ port });
    const { status } = await fetch(`http://${SECOND}:${port}`);
    expect(status).to.equal(200);
    other?.close();
    await listeners.close();
  });

  it('closes the connections of each when it stops', async () => {
    const { httpPort, http } = await start([FIRST, SECOND]);
    const sockets = [connect(httpPort, FIRST), connect(httpPort, SECOND)];
    const closed = sockets.map((socket) => once(socket.resume(), 'close'));
    for (const host of [FIRST, SECOND]) await fetch(`http://${host}:${httpPort}/livez`);
    await http.stop(60_000);
    await Promise.all(closed);
  });

  context('when its certificate is exchanged', () => {
    let folder: string;
    before(async () => (folder = await mkdtemp(join(tmpdir(), 'sl-two-'))));
    after(() => rm(folder, { recursive: true, force: true }));

    it('shows the new one on each', async () => {
      const [old, fresh] = await Promise.all(
        ['old', 'new'].map((name) => makeCertificates(folder, name)),
      );
      const { httpPort, http } = await start([FIRST, SECOND], { tls: await pairOf(old) });
      http.reloadTls(await pairOf(fresh));
      for (const host of [FIRST, SECOND]) {
        expect(await commonName(host, httpPort), host).to.equal('new');
      }
    });
  });
});

describe('The gRPC server on a name with several addresses', () => {
  afterEach(cleanUp);

  const start = async (addresses: readonly string[], grpcPort = 0): Promise<TestServers> => {
    resolveTo(addresses);
    servers = await startServers({ grpcHost: 'two.example', ports: { grpcPort } });
    return servers;
  };

  const answers = async (host: string, port: number): Promise<boolean> => {
    const connection = connectTo(`http://${host}:${port}`);
    const settings = once(connection, 'remoteSettings');
    const isThere = await settings.then(
      () => true,
      () => false,
    );
    connection.destroy();
    return isThere;
  };

  it('serves all of them on one port, until it stops', async () => {
    const { grpcPort, grpc } = await start([FIRST, SECOND]);
    for (const host of [FIRST, SECOND]) expect(await answers(host, grpcPort), host).to.equal(true);
    await grpc.stop(0);
    for (const host of [FIRST, SECOND]) expect(await answers(host, grpcPort), host).to.equal(false);
  });

  it('leaves out an address that this machine does not have', async () => {
    const { grpcPort } = await start([NOT_OURS, SECOND]);
    expect(await answers(SECOND, grpcPort)).to.equal(true);
  });

  it('can not listen if the port of one is in use', async () => {
    const other = await occupy(SECOND);
    const error = await start([FIRST, SECOND], other.port).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ListenError).and.include({ code: 'EADDRINUSE' });
    other.close();
    // Nor is the port taken at the other one.
    (await occupy(FIRST, other.port)).close();
  });
});

function pairOf(files: CertificateFiles | undefined): ReturnType<typeof readPair> {
  if (files === undefined) throw new Error('no certificate');
  return readPair(files);
}

/** Of the certificate that a server shows. */
async function commonName(host: string, port: number): Promise<string> {
  const socket = connectTls({ host, port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}
