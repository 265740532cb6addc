import dns from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { ListenError } from '../../../src/server/handlers/wire.js';
import { makeCertificates, readPair } from '../../support/certificates.js';
import type { CertificateFiles } from '../../support/certificates.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers, TestServerOptions } from '../../support/wire-servers.js';

const [FIRST, SECOND] = ['127.0.0.1', '127.0.0.2'];
/** Of a documentation network: no machine has it. */
const NOT_OURS = '192.0.2.1';

describe('The HTTP server on a name with several addresses', () => {
  const { lookup } = dns;
  let servers: TestServers | undefined;

  afterEach(async () => {
    dns.lookup = lookup;
    syncBuiltinESMExports();
    await servers?.stop();
    servers = undefined;
  });

  /** Few machines have such a name, so the resolver is told of one. */
  const start = async (
    addresses: readonly string[],
    options: TestServerOptions = {},
  ): Promise<TestServers> => {
    const found = addresses.map((address) => ({ address, family: 4 }));
    // Of its overloads this is the one that is called.
    Reflect.set(dns, 'lookup', () => Promise.resolve(found));
    syncBuiltinESMExports();
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
    const other = createServer().listen(0, SECOND);
    await once(other, 'listening');
    // It listens on TCP.
    const { port: httpPort } = other.address() as AddressInfo;
    const error = await start([FIRST, SECOND], { ports: { httpPort } }).catch(
      (reason: unknown) => reason,
    );
    other.close();
    expect(error).to.be.instanceOf(ListenError).and.include({ code: 'EADDRINUSE' });
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
