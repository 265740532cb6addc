import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SystemClock } from '../../src/clock/system-clock.js';
import { Connection } from '../../src/store/etcd/connection.js';
import { loadDriver } from '../../src/store/etcd/driver.js';
import { makeCertificates, makeSelfSigned, readPair } from '../support/certificates.js';
import type { CertificateFiles } from '../support/certificates.js';
import { cliFor } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd } from '../support/etcd.js';
import type { Etcd } from '../support/etcd.js';
import { startServers } from '../support/wire-servers.js';

describe('TLS to a server that is named by its IP address', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => (folder = await mkdtemp(join(tmpdir(), 'sl-tls-address-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  context('when its certificate names the address', () => {
    let files: CertificateFiles;
    let etcd: Etcd;
    let daemon: DaemonProcess;

    before(async () => {
      files = await makeCertificates(folder);
      etcd = await startEtcd({ tls: files });
      daemon = await DaemonProcess.start({
        endpoints: etcd.endpoints,
        env: {
          SHARED_LOCK_CA_CERT_PATH: files.ca,
          SHARED_LOCK_CLIENT_CERT_PATH: files.cert,
          SHARED_LOCK_CLIENT_KEY_PATH: files.key,
          SHARED_LOCK_TLS_CERT_PATH: files.cert,
          SHARED_LOCK_TLS_KEY_PATH: files.key,
        },
      });
    });

    after(async () => {
      await daemon.dispose();
      await etcd.dispose();
    });

    it('is served, without a warning of Node on either side', async () => {
      const cli = cliFor(daemon.grpcAddress);
      const result = await cli(['counter', 'add', 'x', '--cacert', files.ca]);
      expect(result).to.deep.equal({ code: 0, out: '1\n', err: '' });
      expect(daemon.output).to.not.match(/DEP0123|Warning/);
    });
  });

  context('when its certificate only names it otherwise', () => {
    it('is refused by the command line', async () => {
      const files = await makeSelfSigned(folder);
      const servers = await startServers({ tls: await readPair(files) });
      const get = (host: string): ReturnType<ReturnType<typeof cliFor>> =>
        cliFor(`${host}:${servers.grpcPort}`)([
          ...['counter', 'get', 'x', '--cacert', files.cert, '--timeout', '2s'],
        ]);
      const [byAddress, byName] = [await get('127.0.0.1'), await get('localhost')];
      await servers.stop();
      expect(byName).to.include({ code: 0, out: '0\n' });
      expect(byAddress).to.include({ code: 69, out: '' });
    });

    it('is refused by the connection to etcd', async () => {
      const files = await makeSelfSigned(folder);
      const tls = await readPair(files);
      const servers = await startServers({ tls });
      const isUp = async (host: string): Promise<boolean> => {
        const connection = new Connection(`https://${host}:${servers.grpcPort}`, {
          ...{ driver: await loadDriver(), clock: new SystemClock(), auth: undefined },
          tls: { ca: tls.certificate },
        });
        const isReady = await connection.waitReady(5000, true);
        connection.close();
        return isReady;
      };
      const [byAddress, byName] = [await isUp('127.0.0.1'), await isUp('localhost')];
      await servers.stop();
      expect({ byAddress, byName }).to.deep.equal({ byAddress: false, byName: true });
    });
  });
});
