import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connect, SharedLockError } from '../../src/index.js';
import { makeCertificates, readCertificates } from '../support/certificates.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { faultOf } from '../support/services.js';

async function messageOf(call: Promise<unknown>): Promise<string> {
  const error = await faultOf(call);
  expect(error).to.be.instanceOf(SharedLockError).and.to.have.property('code', 'UNAVAILABLE');
  return error instanceof Error ? error.message : '';
}

describe('The client library and its connections', function () {
  this.timeout(60_000);
  let folder: string;
  let daemon: DaemonProcess;
  let tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  let socket: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-client-'));
    socket = join(folder, 'grpc.sock');
    const files = await makeCertificates(folder);
    tls = await readCertificates(files);
    daemon = await DaemonProcess.start({
      env: {
        SHARED_LOCK_TLS_CERT_PATH: files.cert,
        SHARED_LOCK_TLS_KEY_PATH: files.key,
        SHARED_LOCK_TLS_CLIENT_CA_PATH: files.ca,
        SHARED_LOCK_GRPC_SOCKET_PATH: socket,
      },
    });
  });

  after(async () => {
    await daemon.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('speaks TLS with a certificate of its own', async () => {
    await using client = connect({ address: daemon.grpcAddress, tls });
    expect(await client.withLock('tls', {}, ({ lock }) => lock.state)).to.equal('HELD');
  });

  it('refuses a daemon whose authority it does not trust', async () => {
    await using client = connect({ address: daemon.grpcAddress, tls: true, deadlineMs: 500 });
    const [at, why = ''] = (await messageOf(client.acquire('tls'))).split(/: (.*)/);
    expect(at).to.equal(`no daemon answers at ${daemon.grpcAddress}`);
    expect(why)
      .to.match(/^its certificate is not accepted: (?!Error)/)
      .and.not.to.match(/connection established|Resolution/);
  });

  it('tells at once that a certificate is refused, whichever, and at how many addresses', async () => {
    const startedAtMs = performance.now();
    await using client = connect({ address: daemon.grpcAddress, tls: true, deadlineMs: 60_000 });
    const watch = client.counter('tls').watch();
    for (const call of [client.acquire('tls'), client.lease(), watch.next()]) {
      expect(await faultOf(call)).to.include({
        code: 'UNAVAILABLE',
        reason: 'CERTIFICATE_REFUSED',
      });
    }
    const addresses = [`127.0.0.1:${daemon.grpcPort}`, `localhost:${daemon.grpcPort}`];
    const named = { ...tls, serverName: 'elsewhere' };
    await using other = connect({ addresses, tls: named, deadlineMs: 60_000 });
    expect(await messageOf(other.acquire('tls'))).to.contain('its certificate is not accepted');
    expect(performance.now() - startedAtMs).to.be.below(20_000);
  });

  const mistakes = [
    ['the HTTP port', { at: 'http', withTls: true }, 'does not speak gRPC (is it the HTTP port?)'],
    ['a port without TLS', { at: 'other', withTls: true }, 'does not speak TLS'],
    ['an HTTP port, without TLS', { at: 'other', withTls: false }, 'is it the HTTP port?'],
    ['a port with TLS, without', { at: 'grpc', withTls: false }, 'is TLS spoken there?'],
  ] as const;
  for (const [what, { at, withTls }, says] of mistakes) {
    it(`says what is wrong with the address of ${what}`, async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const addresses = {
        http: `127.0.0.1:${new URL(daemon.url).port}`,
        grpc: daemon.grpcAddress,
        other: `127.0.0.1:${(other.address() as AddressInfo).port}`, // it listens on a port
      };
      const address = addresses[at];
      await using client = connect({ address, deadlineMs: 500, ...(withTls ? { tls } : {}) });
      const message = await messageOf(client.acquire('tls'));
      other.close();
      expect(message).to.match(/^no daemon answers at 127/);
      expect(message).to.contain(says);
    });
  }

  it('refuses half of a certificate', () => {
    const { cert } = tls;
    expect(() => connect({ tls: { cert } })).to.throw(SharedLockError, 'cert and key');
  });

  it('refuses what is no certificate and no key, and says which', () => {
    const { ca, cert, key } = tls;
    const says = (options: object): Chai.Assertion =>
      expect(() => connect({ tls: options })).to.throw(SharedLockError);
    says({ ca: key }).with.property('message', 'tls: ca holds no certificate in PEM');
    says({ ca, cert: 'nothing', key }).with.property(
      'message',
      'tls: cert holds no certificate in PEM',
    );
    says({ ca, cert, key: cert })
      .with.property('message')
      .that.matches(/^tls: cert or key can't be used: /);
  });

  it('takes the address of a Unix socket', async () => {
    await using client = connect({ address: `unix:${socket}` });
    expect(await client.withLock('unix', {}, ({ lock }) => lock.state)).to.equal('HELD');
  });

  it('goes on at the first address that works', async () => {
    await using client = connect({
      addresses: ['127.0.0.1:1', `unix:${folder}/nothing`, daemon.grpcAddress],
      tls,
    });
    expect(await client.withLock('third', {}, ({ lock }) => lock.state)).to.equal('HELD');
  });
});
