import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { readServerTls } from '../../../src/daemon/pem.js';
import { TlsReload } from '../../../src/daemon/tls-reload.js';
import type { TlsMaterial } from '../../../src/server/handlers/wire.js';
import type { LogFields } from '../../../src/telemetry/logger.js';
import { SILENT } from '../../support/silent-logger.js';

describe('the certificate of the servers', () => {
  let folder: string;
  let clock: VirtualClock;
  let given: TlsMaterial[];
  let warnings: string[];
  let infos: string[];
  let logged: Readonly<Record<string, unknown>>[];
  let reload: TlsReload;
  const make = (): {
    certPath: string;
    keyPath: string;
    clientCaPath: undefined;
    isClientOptional: false;
  } => {
    const paths = { certPath: join(folder, 'tls.crt'), keyPath: join(folder, 'tls.key') };
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-subj', '/CN=a', '-days', '2', '-keyout', paths.keyPath, '-out', paths.certPath],
      ],
      { stdio: 'ignore' },
    );
    return { ...paths, clientCaPath: undefined, isClientOptional: false };
  };
  /** Reading files takes real time: looks again until the condition holds. */
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await clock.advance(10_000);
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shared-lock-tls-'));
    clock = new VirtualClock();
    given = [];
    warnings = [];
    infos = [];
    logged = [];
    const paths = make();
    const server = {
      listen: () => Promise.resolve(0),
      stop: () => Promise.resolve(),
      reloadTls: (material: TlsMaterial) => void given.push(material),
    };
    const logger = {
      ...SILENT,
      warn: (message: string, fields: LogFields = {}) => {
        warnings.push(message);
        logged.push(fields);
      },
      info: (message: string) => void infos.push(message),
    };
    const current = await readServerTls(paths);
    reload = new TlsReload(paths, current, [server, server], { clock, logger });
  });
  afterEach(() => {
    reload.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is given to every server when it changes', async () => {
    const { certPath } = make();
    await until(() => given.length === 2);
    expect(given[0]?.certificate.equals(readFileSync(certPath))).to.equal(true);
  });

  it('is not given again while it is the same', async () => {
    make();
    await until(() => given.length === 2);
    for (let look = 0; look < 20; look++) {
      await clock.advance(10_000);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(given).to.have.lengthOf(2);
  });

  it('stays while the new one can not be used', async () => {
    writeFileSync(join(folder, 'tls.crt'), 'no certificate');
    await until(() => warnings.length > 0);
    expect(given).to.deep.equal([]);
    make();
    await until(() => given.length === 2);
  });

  it('is complained of once a trouble, in a line without a stack', async () => {
    const path = join(folder, 'tls.crt');
    const good = readFileSync(path);
    writeFileSync(path, 'no certificate');
    await until(() => warnings.length === 1);
    expect(logged).to.deep.equal([
      {
        trouble: `SHARED_LOCK_TLS_CERT_PATH=${path} can't be used: it holds no certificate in PEM`,
      },
    ]);
    rmSync(path);
    await until(() => warnings.length > 1);
    expect(warnings).to.have.lengthOf(2);
    writeFileSync(path, good);
    await until(() => infos.length > 0);
    expect(infos).to.deep.equal(['the certificate is as it was again']);
    expect(given).to.deep.equal([]);
  });

  it('is not spoken of any more after the stop, though it was just being read', async () => {
    writeFileSync(join(folder, 'tls.crt'), 'no certificate');
    await clock.advance(10_000);
    reload.stop();
    // Longer than the read that is under way.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(warnings).to.deep.equal([]);
    expect(given).to.deep.equal([]);
  });
});
