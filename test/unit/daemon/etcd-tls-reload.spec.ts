import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { etcdTlsReload } from '../../../src/daemon/etcd-tls-reload.js';
import { readEtcdTls, type EtcdTlsMaterial } from '../../../src/daemon/pem.js';
import { makeCertificates, type CertificateFiles } from '../../support/certificates.js';
import { SILENT } from '../../support/silent-logger.js';

describe('the certificates for etcd, read again', function () {
  this.timeout(20_000);
  let folder: string;
  let files: CertificateFiles;
  let other: CertificateFiles;
  let given: EtcdTlsMaterial[];
  let warnings: string[];
  let reload: () => Promise<void>;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sl-etcd-tls-'));
    files = await makeCertificates(folder);
    other = await makeCertificates(folder, 'other');
    given = [];
    warnings = [];
    const paths = { caPath: files.ca, client: { certPath: files.cert, keyPath: files.key } };
    const store = { rotateTls: (material: EtcdTlsMaterial) => void given.push(material) };
    const logger = { ...SILENT, warn: (message: string) => void warnings.push(message) };
    reload = etcdTlsReload(paths, await readEtcdTls(paths), store, logger);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are given to the store if they have changed, once', async () => {
    await reload();
    expect(given).to.have.lengthOf(0);
    copyFileSync(other.cert, files.cert);
    copyFileSync(other.key, files.key);
    await reload();
    await reload();
    expect(given).to.have.lengthOf(1);
    expect(warnings).to.deep.equal([]);
  });

  it('stay as they are if they can not be used, and that is told', async () => {
    copyFileSync(other.key, files.key);
    await reload();
    writeFileSync(files.key, '');
    await reload();
    expect(given).to.have.lengthOf(0);
    expect(warnings).to.have.lengthOf(2);
  });
});
