import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkFiles, type FileProblem } from '../../../src/daemon/check-files.js';
import { makeCertificates, type CertificateFiles } from '../../support/certificates.js';
import { load } from '../config/fixture.js';

const DAY_MS = 86_400_000;

describe('the files that a configuration names', () => {
  let folder: string;
  let first: CertificateFiles;
  let second: CertificateFiles;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shared-lock-files-'));
    first = await makeCertificates(folder, 'first');
    second = await makeCertificates(folder, 'second');
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const check = (env: Record<string, string>, wallMs = Date.now()): Promise<FileProblem[]> =>
    checkFiles(load({ env }).config, wallMs);
  const served = (cert: string, key: string): Record<string, string> => ({
    SHARED_LOCK_TLS_CERT_PATH: cert,
    SHARED_LOCK_TLS_KEY_PATH: key,
  });

  it('are fine if they fit', async () => {
    expect(await check(served(first.cert, first.key))).to.deep.equal([]);
    expect(await check({})).to.deep.equal([]);
  });

  it('may be missing', async () => {
    const [problem] = await check(served('/nowhere.crt', first.key));
    expect(problem?.exitCode).to.equal(78);
    expect(problem?.message).to.contain("SHARED_LOCK_TLS_CERT_PATH=/nowhere.crt can't be read");
  });

  it('may not be PEM', async () => {
    const path = join(folder, 'text');
    writeFileSync(path, 'hello');
    expect((await check(served(path, first.key)))[0]?.message).to.contain(
      `SHARED_LOCK_TLS_CERT_PATH=${path} can't be used: it holds no certificate in PEM`,
    );
    expect((await check(served(first.cert, path)))[0]?.message).to.contain(
      `SHARED_LOCK_TLS_KEY_PATH=${path} can't be used: it holds no private key`,
    );
  });

  it('may be the key of another certificate', async () => {
    const [problem] = await check(served(first.cert, second.key));
    expect(problem?.message).to.contain(second.key).and.to.contain('is not the key that belongs');
  });

  it('may have expired, or not begun', async () => {
    const env = served(first.cert, first.key);
    expect((await check(env, Date.now() + 3 * DAY_MS))[0]?.message).to.contain('has expired');
    expect((await check(env, Date.now() - DAY_MS))[0]?.message).to.contain('is not valid before');
  });

  it("may be etcd's", async () => {
    const env = {
      SHARED_LOCK_ETCD_ADDR_LIST: 'https://127.0.0.1:1',
      SHARED_LOCK_CA_CERT_PATH: first.ca,
      SHARED_LOCK_CLIENT_CERT_PATH: first.cert,
      SHARED_LOCK_CLIENT_KEY_PATH: second.key,
    };
    const [problem] = await check(env);
    expect(problem?.message).to.contain(`SHARED_LOCK_CLIENT_KEY_PATH=${second.key}`);
  });
});
