import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connect, SharedLockError } from '../../src/index.js';
import { makeCertificates, readCertificates } from '../support/certificates.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { faultOf } from '../support/services.js';

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
    const error = await faultOf(client.acquire('tls'));
    expect(error).to.include({ code: 'UNAVAILABLE' });
    expect(error)
      .to.have.property('message')
      .that.matches(/certificate|issuer/);
  });

  it('refuses half of a certificate', () => {
    const { cert } = tls;
    expect(() => connect({ tls: { cert } })).to.throw(SharedLockError, 'cert and key');
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
