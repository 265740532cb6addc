import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeCertificates, type CertificateFiles } from '../support/certificates.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { httpClient } from '../support/wire-client.js';
import { eventually } from './worlds.js';

describe('A daemon whose certificates for etcd are changed', function () {
  this.timeout(90_000);
  let folder: string;
  let files: CertificateFiles;
  let etcd: Etcd | undefined;
  let daemon: DaemonProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-rotation-'));
    files = await makeCertificates(folder);
  });

  afterEach(async () => {
    await daemon?.dispose();
    await etcd?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** Nothing that the old authority signed is of use once etcd has been started again. */
  const replaceAll = async (): Promise<void> => {
    const next = await makeCertificates(folder, 'next');
    for (const file of ['ca', 'cert', 'key'] as const) await copyFile(next[file], files[file]);
  };

  it('goes on with the new ones when etcd has been started again, without a signal', async () => {
    etcd = await startEtcd({ tls: files });
    daemon = await DaemonProcess.start({
      endpoints: etcd.endpoints,
      env: {
        SHARED_LOCK_CA_CERT_PATH: files.ca,
        SHARED_LOCK_CLIENT_CERT_PATH: files.cert,
        SHARED_LOCK_CLIENT_KEY_PATH: files.key,
      },
    });
    const { url } = daemon;
    const client = httpClient(url);
    const answer = await client.call('Acquire', { name: 'a', ttl: '60s' });
    const { leaseId } = answer.grant as { leaseId: string };

    await replaceAll();
    await etcd.restart();

    // `/readyz` alone may still tell of the time before the restart.
    await eventually(
      'renewals are answered again',
      () =>
        client.call('KeepAlive', { leaseId }).then(
          ({ ttl }) => ttl === '60s',
          (error: unknown) => {
            expect(error).to.have.property('code', 'UNAVAILABLE');
            return false;
          },
        ),
      40_000,
    );
    // Which is looked at from time to time.
    await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
    expect(await client.call('Acquire', { name: 'b' })).to.have.property('acquired', true);
    expect(daemon.output).to.contain('the certificates for etcd were read again');
  });
});
